// Walking up to three strided operands over one shape, in row-major order, in pieces that plain loops can take.
#pragma once
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

// A shape whose axes are merged where every operand allows it: same-shape contiguous operands become one axis.
template <int N> struct Walk {
  int32_t axes;
  int32_t shape[MAX_DIMS];
  int32_t strides[N][MAX_DIMS];
  int32_t total;

  int32_t inner() const { return shape[axes - 1]; }
  int32_t inner_stride(int operand) const { return strides[operand][axes - 1]; }
};

template <int N> static Walk<N> walk_of(const int32_t* shape, const int32_t* const (&strides)[N]) {
  Walk<N> w;
  w.axes = 0;
  w.total = 1;
  for (int axis = 0; axis < MAX_DIMS; ++axis) {
    const int32_t size = shape[axis];
    w.total *= size;
    if (size == 1) continue;
    bool merge = w.axes > 0;
    for (int k = 0; merge && k < N; ++k) merge = w.strides[k][w.axes - 1] == strides[k][axis] * size;
    if (!merge) ++w.axes;
    const int at = w.axes - 1;
    w.shape[at] = merge ? w.shape[at] * size : size;
    for (int k = 0; k < N; ++k) w.strides[k][at] = strides[k][axis];
  }
  if (w.axes == 0) {
    w.axes = 1;
    w.shape[0] = 1;
    for (int k = 0; k < N; ++k) w.strides[k][0] = 1;
  }
  return w;
}

// A position in the walk: the index on every axis and each operand's offset.
template <int N> struct Cursor {
  int32_t index[MAX_DIMS];
  ptrdiff_t at[N];

  Cursor(const Walk<N>& w, int32_t position) {
    for (int k = 0; k < N; ++k) at[k] = 0;
    for (int axis = w.axes - 1; axis >= 0; --axis) {
      index[axis] = position % w.shape[axis];
      position /= w.shape[axis];
      for (int k = 0; k < N; ++k) at[k] += ptrdiff_t(index[axis]) * w.strides[k][axis];
    }
  }
  // Moves n elements on; n must not pass the end of the innermost axis.
  DRISHTI_INLINE void advance(const Walk<N>& w, int32_t n) {
    int axis = w.axes - 1;
    index[axis] += n;
    for (int k = 0; k < N; ++k) at[k] += ptrdiff_t(n) * w.strides[k][axis];
    while (index[axis] == w.shape[axis] && axis > 0) {
      for (int k = 0; k < N; ++k) at[k] += w.strides[k][axis - 1] - ptrdiff_t(w.shape[axis]) * w.strides[k][axis];
      index[axis] = 0;
      ++index[--axis];
    }
  }
  DRISHTI_INLINE int32_t left(const Walk<N>& w) const { return w.inner() - index[w.axes - 1]; }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
