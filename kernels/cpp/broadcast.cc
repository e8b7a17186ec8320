// Two or three operands, element by element, with broadcasting by strides of 0; the output is contiguous.
// Operands whose innermost stride is 1 or 0 are read in place; others are gathered into a small buffer first, so that
// there is one loop for each function.
#include "math.h"
#include "strided.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t BROADCAST_GRAIN = 8192;
constexpr int32_t PIECE = 256;     // elements of a gather buffer
constexpr int32_t SHORT_ROW = 32;  // rows below this are gathered across row ends

template <class T> using VecFor = typename VecOf<T, LANES>::type;

// One operand of a piece. A scalar is a vector's worth of copies, read again and again: mask 0; else mask −1.
template <class T> struct Run {
  const T* at;
  int32_t mask;
  DRISHTI_INLINE VecFor<T> get(int32_t i) const { return load<VecFor<T>>(at + (i & mask)); }
  DRISHTI_INLINE VecFor<T> part(int32_t i, int32_t n) const { return load_part<VecFor<T>>(at + (i & mask), n); }
};

template <class T> static void gather(T* to, const T* from, int32_t stride, int32_t n) {
  for (int32_t i = 0; i < n; ++i) to[i] = from[ptrdiff_t(i) * stride];
}
template <class T> static Run<T> run_of(const T* from, int32_t stride, int32_t n, void* buffer) {
  if (stride == 1) return {from, -1};
  T* to = static_cast<T*>(buffer);
  gather(to, from, stride, stride == 0 ? LANES : n);
  return {to, stride == 0 ? 0 : -1};
}

template <int...> struct Ints {};
template <int N> struct Count;
template <> struct Count<2> { using Of = Ints<0, 1>; };
template <> struct Count<3> { using Of = Ints<0, 1, 2>; };

// One piece: n outputs from `at` on.
template <class... T> using Loop = void (*)(void* to, int32_t at, int32_t n, Run<T>... operands);

// Calls the loop for every piece of the walk's [begin, end).
template <class... T, int... k>
static void pieces(Ints<k...>, const Walk<sizeof...(T)>& w, int32_t begin, int32_t end, Loop<T...> loop, void* to,
                   const T*... operands) {
  constexpr int N = sizeof...(T);
  alignas(64) int32_t buffers[N][PIECE];
  Cursor<N> cursor(w, begin);
  const bool short_rows = w.axes > 1 && w.inner() < SHORT_ROW;
  bool gathers = false;
  for (int j = 0; j < N; ++j) gathers |= (w.inner_stride(j) & ~1) != 0;
  for (int32_t n; begin < end; begin += n) {
    n = short_rows ? PIECE : cursor.left(w);
    if (gathers && n > PIECE) n = PIECE;
    if (n > end - begin) n = end - begin;
    if (!short_rows) {
      loop(to, begin, n, run_of(operands + cursor.at[k], w.inner_stride(k), n, buffers[k])...);
      cursor.advance(w, n);
      continue;
    }
    for (int32_t done = 0, row; done < n; done += row) {
      row = cursor.left(w);
      if (row > n - done) row = n - done;
      (gather(reinterpret_cast<T*>(buffers[k]) + done, operands + cursor.at[k], w.inner_stride(k), row), ...);
      cursor.advance(w, row);
    }
    loop(to, begin, n, Run<T>{reinterpret_cast<const T*>(buffers[k]), -1}...);
  }
}

template <class T> DRISHTI_INLINE void put(T* to, VecFor<T> v) { store(to, v); }
template <class T> DRISHTI_INLINE void put_part(T* to, VecFor<T> v, int32_t n) { store_part(to, v, n); }
// A comparison's lanes of −1 and 0 as bytes 1 and 0.
DRISHTI_INLINE void put(uint8_t* to, I mask) { store(to, __builtin_convertvector(mask & 1, VecFor<uint8_t>)); }
DRISHTI_INLINE void put_part(uint8_t* to, I mask, int32_t n) {
  store_part(to, __builtin_convertvector(mask & 1, VecFor<uint8_t>), n);
}

// Floats travel as words here, so that the walk is compiled once.
template <class Op, class T, class R>
static void binary_loop(void* to, int32_t at, int32_t n, Run<uint32_t> a, Run<uint32_t> b) {
  R* y = static_cast<R*>(to) + at;
  int32_t i = 0;
  for (; i + LANES <= n; i += LANES) put(y + i, Op::at(bits<VecFor<T>>(a.get(i)), bits<VecFor<T>>(b.get(i))));
  n -= i;
  if (n > 0) put_part(y + i, Op::at(bits<VecFor<T>>(a.part(i, n)), bits<VecFor<T>>(b.part(i, n))), n);
}

static int32_t binary(const AddF32Params& p, void* const* buffers, Context& context, Loop<uint32_t, uint32_t> loop) {
  const Walk<2> w = walk_of<2>(p.shape, {p.stridesA, p.stridesB});
  const Slices slices = slice(w.total, BROADCAST_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    pieces<uint32_t, uint32_t>(Count<2>::Of{}, w, slices.begin(chunk), slices.end(chunk), loop, buffers[2],
                               in<uint32_t>(buffers, 0), in<uint32_t>(buffers, 1));
  });
  return 0;
}

#define BINARY(define, name, T, R, ...)                                                      \
  struct name##_op {                                                                         \
    static DRISHTI_INLINE auto at(VecFor<T> a, VecFor<T> b) { return __VA_ARGS__; }          \
  };                                                                                         \
  static int32_t name##_run(const AddF32Params& p, void* const* buffers, Context& context) { \
    return binary(p, buffers, context, binary_loop<name##_op, T, R>);                        \
  }                                                                                          \
  define(name, name##_run)
#define COMPARE(word, symbol)                                                       \
  BINARY(DRISHTI_KERNEL_EXACT, word##_f32, float, uint8_t, I(a symbol b))           \
  BINARY(DRISHTI_KERNEL_EXACT, word##_i32, int32_t, uint8_t, I(a symbol b))

BINARY(DRISHTI_KERNEL, add_f32, float, float, a + b)
BINARY(DRISHTI_KERNEL, sub_f32, float, float, a - b)
BINARY(DRISHTI_KERNEL, mul_f32, float, float, a * b)
BINARY(DRISHTI_KERNEL, div_f32, float, float, a / b)
BINARY(DRISHTI_KERNEL_EXACT, pow_f32, float, float, pow(a, b))
BINARY(DRISHTI_KERNEL_EXACT, maximum_f32, float, float, max_nan(a, b))
BINARY(DRISHTI_KERNEL_EXACT, minimum_f32, float, float, min_nan(a, b))
// Unsigned: what does not fit wraps around.
BINARY(DRISHTI_KERNEL_EXACT, add_i32, uint32_t, uint32_t, a + b)
BINARY(DRISHTI_KERNEL_EXACT, sub_i32, uint32_t, uint32_t, a - b)
BINARY(DRISHTI_KERNEL_EXACT, mul_i32, uint32_t, uint32_t, a * b)
COMPARE(eq, ==)
COMPARE(ne, !=)
COMPARE(lt, <)
COMPARE(le, <=)
COMPARE(gt, >)
COMPARE(ge, >=)

static void where_loop(void* to, int32_t at, int32_t n, Run<uint8_t> c, Run<float> a, Run<float> b) {
  float* y = static_cast<float*>(to) + at;
  int32_t i = 0;
  for (; i + LANES <= n; i += LANES) store(y + i, __builtin_convertvector(c.get(i), I) != 0 ? a.get(i) : b.get(i));
  for (; i < n; ++i) y[i] = c.at[i & c.mask] != 0 ? a.at[i & a.mask] : b.at[i & b.mask];
}
static int32_t where(const WhereF32Params& p, void* const* buffers, Context& context) {
  const Walk<3> w = walk_of<3>(p.shape, {p.stridesCondition, p.stridesA, p.stridesB});
  const Slices slices = slice(w.total, BROADCAST_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    pieces<uint8_t, float, float>(Count<3>::Of{}, w, slices.begin(chunk), slices.end(chunk), where_loop, buffers[3],
                                  in<uint8_t>(buffers, 0), in<float>(buffers, 1), in<float>(buffers, 2));
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(where_f32, where)

#undef BINARY
#undef COMPARE

}  // namespace DRISHTI_NS
}  // namespace drishti
