// Copies between strided views, fills and casts.
#include "strided.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t COPY_GRAIN = 16384;
constexpr int32_t TILE = 32;  // edge of a transposed tile: 32 rows of 128 bytes on either side

// Sorts the axes by the target's stride, largest first, so that the innermost loop stores to neighbours.
template <class P> static Walk<2> copy_walk(const P& p) {
  int32_t shape[MAX_DIMS], a[MAX_DIMS], b[MAX_DIMS];
  for (int i = 0; i < MAX_DIMS; ++i) {
    const int32_t size = p.shape[i], from = p.stridesA[i], to = p.stridesB[i];
    int at = i;
    for (; at > 0 && (shape[at - 1] == 1 || (size != 1 && b[at - 1] < to)); --at) {
      shape[at] = shape[at - 1];
      a[at] = a[at - 1];
      b[at] = b[at - 1];
    }
    shape[at] = size;
    a[at] = from;
    b[at] = to;
  }
  return walk_of<2>(shape, {a, b});
}

template <class T> static void copy_row(T* to, ptrdiff_t step_to, const T* from, ptrdiff_t step_from, int32_t n) {
  if (step_to == 1 && step_from == 1) __builtin_memcpy(to, from, size_t(n) * sizeof(T));
  else if (step_to == 1) for (int32_t i = 0; i < n; ++i) to[i] = from[i * step_from];
  else for (int32_t i = 0; i < n; ++i) to[i * step_to] = from[i * step_from];
}

// The source's neighbours lie along `axis`, the target's along the last: square tiles keep both in the cache.
template <class T> static void copy_tiled(const Walk<2>& w, int axis, const T* from, T* to, Context& context) {
  const int last = w.axes - 1;
  const int32_t columns = w.shape[last], rows = w.shape[axis];
  const int32_t bands = (rows + TILE - 1) / TILE;
  Walk<2> rest = w;  // all other axes
  rest.shape[last] = rest.shape[axis] = 1;
  const int32_t others = columns == 0 || rows == 0 ? 0 : w.total / columns / rows;
  const ptrdiff_t across_from = w.strides[0][last], across_to = w.strides[1][last];
  const ptrdiff_t down_from = w.strides[0][axis], down_to = w.strides[1][axis];
  context.each(others * bands, [&](int32_t chunk, int32_t) {
    const Cursor<2> cursor(rest, chunk / bands);
    const int32_t row = chunk % bands * TILE;
    const int32_t row_end = row + TILE < rows ? row + TILE : rows;
    const T* f = from + cursor.at[0];
    T* t = to + cursor.at[1];
    for (int32_t column = 0; column < columns; column += TILE) {
      const int32_t n = columns - column < TILE ? columns - column : TILE;
      for (int32_t r = row; r < row_end; ++r)
        copy_row(t + r * down_to + column * across_to, across_to, f + r * down_from + column * across_from, across_from, n);
    }
  });
}

template <class T> static int32_t copy_strided(const CopyStridedF32Params& p, void* const* buffers, Context& context) {
  const T* from = in<T>(buffers, 0);
  T* to = out<T>(buffers, 1);
  const Walk<2> w = copy_walk(p);
  if (w.total >= TILE * TILE && w.inner_stride(0) != 1)
    for (int axis = 0; axis + 1 < w.axes; ++axis)
      if (w.strides[0][axis] == 1 && w.shape[axis] >= 8) {
        copy_tiled(w, axis, from, to, context);
        return 0;
      }
  const Slices slices = slice(w.total, COPY_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    const int32_t end = slices.end(chunk);
    int32_t at = slices.begin(chunk);
    Cursor<2> cursor(w, at);
    while (at < end) {
      int32_t n = cursor.left(w);
      if (n > end - at) n = end - at;
      copy_row(to + cursor.at[1], w.inner_stride(1), from + cursor.at[0], w.inner_stride(0), n);
      cursor.advance(w, n);
      at += n;
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(copy_strided_f32, copy_strided<float>)
DRISHTI_KERNEL_EXACT(copy_strided_i32, copy_strided<int32_t>)
DRISHTI_KERNEL_EXACT(copy_strided_u8, copy_strided<uint8_t>)

static int32_t add_strided(const AddStridedF32Params& p, void* const* buffers, Context& context) {
  const float* from = in<float>(buffers, 0);
  float* to = out<float>(buffers, 1);
  const Walk<2> w = walk_of<2>(p.shape, {p.stridesA, p.stridesB});
  bool overlaps = false;  // a target added to twice must be added to by one thread, in order
  for (int axis = 0; axis < w.axes; ++axis) {
    int32_t reach = 1;  // of the axes inside this one
    for (int k = axis + 1; k < w.axes; ++k) reach += (w.shape[k] - 1) * w.strides[1][k];
    overlaps |= w.strides[1][axis] < reach;
  }
  const Slices slices = overlaps ? Slices{w.total > 0, w.total, w.total} : slice(w.total, COPY_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    const int32_t end = slices.end(chunk);
    int32_t at = slices.begin(chunk);
    Cursor<2> cursor(w, at);
    const ptrdiff_t step_from = w.inner_stride(0), step_to = w.inner_stride(1);
    while (at < end) {
      int32_t n = cursor.left(w);
      if (n > end - at) n = end - at;
      const float* f = from + cursor.at[0];
      float* t = to + cursor.at[1];
      int32_t i = 0;
      if (step_from == 1 && step_to == 1)
        for (; i + LANES <= n; i += LANES) store(t + i, load<F>(t + i) + load<F>(f + i));
      for (; i < n; ++i) t[i * step_to] += f[i * step_from];
      cursor.advance(w, n);
      at += n;
    }
  });
  return 0;
}
DRISHTI_KERNEL(add_strided_f32, add_strided)

template <class T> static void fill(T* to, int32_t count, T value, Context& context) {
  const Slices slices = slice(count, COPY_GRAIN);
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    for (int32_t i = slices.begin(chunk); i < slices.end(chunk); ++i) to[i] = value;
  });
}
static int32_t fill_float(const FillF32Params& p, void* const* buffers, Context& context) {
  fill(out<float>(buffers, 0), p.count, p.value, context);
  return 0;
}
static int32_t fill_int(const FillI32Params& p, void* const* buffers, Context& context) {
  fill(out<int32_t>(buffers, 0), p.count, p.value, context);
  return 0;
}
static int32_t fill_byte(const FillU8Params& p, void* const* buffers, Context& context) {
  fill(out<uint8_t>(buffers, 0), p.count, uint8_t(p.value), context);
  return 0;
}
DRISHTI_KERNEL_EXACT(fill_f32, fill_float)
DRISHTI_KERNEL_EXACT(fill_i32, fill_int)
DRISHTI_KERNEL_EXACT(fill_u8, fill_byte)

// Towards zero. What no int32 holds, NaN included, becomes 0: C leaves it undefined, and machines differ.
struct Truncate {
  static DRISHTI_INLINE int32_t at(float x) { return x > -2147483904.0f && x < 2147483648.0f ? int32_t(x) : 0; }
};
struct TruncateToByte { static DRISHTI_INLINE uint8_t at(float x) { return uint8_t(Truncate::at(x)); } };
struct Convert { template <class T> static DRISHTI_INLINE float at(T x) { return float(x); } };
struct ToByte { static DRISHTI_INLINE uint8_t at(int32_t x) { return uint8_t(x); } };
struct ToInt { static DRISHTI_INLINE int32_t at(uint8_t x) { return x; } };
struct ToBool { template <class T> static DRISHTI_INLINE uint8_t at(T x) { return x != 0; } };  // NaN is true

template <class Op, class A, class B> static int32_t cast(const CastF32I32Params& p, void* const* buffers, Context& context) {
  const A* from = in<A>(buffers, 0);
  B* to = out<B>(buffers, 1);
  const Slices slices = slice(p.count, COPY_GRAIN);
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    for (int32_t i = slices.begin(chunk); i < slices.end(chunk); ++i) to[i] = Op::at(from[i]);
  });
  return 0;
}
#define CAST(name, op, A, B)                                                                       \
  static int32_t name##_run(const CastF32I32Params& p, void* const* buffers, Context& context) {   \
    return cast<op, A, B>(p, buffers, context);                                                    \
  }                                                                                                \
  DRISHTI_KERNEL_EXACT(name, name##_run)
CAST(cast_f32_i32, Truncate, float, int32_t)
CAST(cast_i32_f32, Convert, int32_t, float)
CAST(cast_f32_u8, TruncateToByte, float, uint8_t)
CAST(cast_u8_f32, Convert, uint8_t, float)
CAST(cast_i32_u8, ToByte, int32_t, uint8_t)
CAST(cast_u8_i32, ToInt, uint8_t, int32_t)
CAST(cast_f32_bool, ToBool, float, uint8_t)
CAST(cast_i32_bool, ToBool, int32_t, uint8_t)
#undef CAST

}  // namespace DRISHTI_NS
}  // namespace drishti
