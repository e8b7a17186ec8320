// C = A B for any strides: the engine of matmul and linear. Lanes are columns of C. B is packed into panels
// [k][lane] of L1 size, used for all rows of C; A is read by broadcast, as it lies if k is contiguous, else from a packed copy.
//
// Work is cut by shape alone: by columns, by rows, and, where C is small and k long, by k; then each part of k has its own
// sums, added in order.
#pragma once
#include "kernel.h"
#include "matmul-tile.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

struct Matrix {
  ptrdiff_t row, column;  // strides; one of them is 1
};

struct Gemm {
  int32_t batch, m, n, k;
  const float* a;
  const float* b;
  float* c;
  Matrix a_step, b_step, c_step;  // A is m x k, B k x n, C m x n
  ptrdiff_t a_batch, b_batch, c_batch;
  const float* row_bias;          // m values, or null
  const float* column_bias;       // n values, or null
};

constexpr int32_t GEMM_DEPTH = 256;  // k of a packed panel
constexpr int32_t GEMM_PANELS = 4;                      // packed together: rows of B are read in pieces of 4 panels
constexpr int32_t GEMM_ROWS = 1024;                     // most rows of a chunk
constexpr int32_t FEW = 4;                              // rows of C (or k) served without packing

struct GemmPlan {
  int vectors;
  int32_t width, panels;
  int32_t depth, depth_parts;     // k of a chunk
  int32_t part, parts;            // panels of a chunk
  int32_t rows, row_parts;        // rows of C of a chunk
  bool pack_a;
  bool direct;                    // sums go straight to C
  size_t a_at, sums_at, spots_at, per_thread, shared;
  bool empty, few;

  explicit GemmPlan(const Gemm& g) {
    per_thread = shared = 0;
    empty = g.batch <= 0 || g.m <= 0 || g.n <= 0;
    few = is_few(g);
    if (empty || few) return;
    vectors = vectors_for(g.n);
    width = vectors * LANES;
    panels = ceil_div(g.n, width);
    depth = g.k;
    part = panels;
    rows = g.m;
    const int32_t wanted = chunks_for(double(g.batch) * g.m * g.n * g.k);
    int32_t cut = ceil_div(wanted, g.batch);
    const int64_t sums = int64_t(g.m) * panels * width;
    if (cut > 1 && g.k >= 4 * GEMM_DEPTH && sums <= (64 << 10)) depth = ceil_div(ceil_div(g.k, lesser(cut, g.k / (2 * GEMM_DEPTH))), 16) * 16;
    depth_parts = depth ? ceil_div(g.k, depth) : 1;
    cut = ceil_div(cut, depth_parts);
    if (cut > 1) part = ceil_div(panels, lesser(cut, panels));
    parts = ceil_div(panels, part);
    cut = ceil_div(cut, parts);
    if (cut > 1) rows = ceil_div(ceil_div(g.m, lesser(cut, ceil_div(g.m, 8 * TILE_ROWS))), TILE_ROWS) * TILE_ROWS;
    if (rows > GEMM_ROWS) rows = GEMM_ROWS / TILE_ROWS * TILE_ROWS;
    row_parts = ceil_div(g.m, rows);
    pack_a = g.a_step.column != 1;
    direct = depth_parts == 1 && g.c_step.column == 1 && !(g.row_bias && g.column_bias) && g.n % width == 0;
    const size_t deep = size_t(lesser(depth, GEMM_DEPTH));
    a_at = round_up(GEMM_PANELS * deep * width * 4, 128);
    sums_at = round_up(a_at + (pack_a ? rows * deep * 4 : 0), 128);
    spots_at = round_up(sums_at + (direct ? 0 : size_t(GEMM_PANELS) * rows * width * 4), 128);
    per_thread = round_up(spots_at + rows * sizeof(Spot), 128);
    if (depth_parts > 1) shared = size_t(g.batch) * depth_parts * sums * 4;
  }

  // Few rows or a short sum, over rows of B as they lie; or few rows against rows of k.
  static bool is_few(const Gemm& g) {
    if (g.b_step.column == 1 && g.c_step.column == 1) return g.m <= FEW || g.k <= FEW;
    return g.b_step.row == 1 && g.a_step.column == 1 && g.m <= FEW;
  }
};

struct GemmCall {
  const Gemm& g;
  const GemmPlan& p;
  float* partials;  // [batch][part of k][panel][m][lane]

  // Some panels of B at k..k + depth, as [panel][k][lane]; padding lanes repeat zeros.
  void pack_b(int32_t batch, int32_t k, int32_t depth, int32_t panel, int32_t panels, float* to) const {
    const float* from = g.b + batch * g.b_batch + k * g.b_step.row + ptrdiff_t(panel) * p.width * g.b_step.column;
    const int32_t columns = lesser(panels * p.width, g.n - panel * p.width), size = depth * p.width;
    if (columns < panels * p.width) zero_row(to + (panels - 1) * size, size);
    if (g.b_step.column == 1) {
      const int32_t whole = columns / p.width;
      for (int32_t i = 0; i < depth; ++i, from += g.b_step.row) {
        // Rows far apart are beyond what the machine foresees.
        if (i + 8 < depth)
          for (int32_t line = 0; line < columns; line += 16) __builtin_prefetch(from + 8 * g.b_step.row + line);
        float* row = to + i * p.width;
        for (int32_t q = 0; q < whole; ++q)
          for (int32_t j = 0; j < p.width; j += LANES) store(row + q * size + j, load<F>(from + q * p.width + j));
        if (whole < panels) copy_row(row + whole * size, from + whole * p.width, columns - whole * p.width);
      }
    } else {
      for (int32_t q = 0; q < panels; ++q)
        transpose(from + q * p.width * g.b_step.column, g.b_step.column, lesser(p.width, columns - q * p.width), depth, to + q * size, p.width);
    }
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    float* panel_b = reinterpret_cast<float*>(scratch);
    float* packed_a = reinterpret_cast<float*>(scratch + p.a_at);
    float* local = reinterpret_cast<float*>(scratch + p.sums_at);
    Spot* spots = reinterpret_cast<Spot*>(scratch + p.spots_at);
    const int32_t row = index % p.row_parts * p.rows, rows = lesser(p.rows, g.m - row);
    index /= p.row_parts;
    const int32_t first_panel = index % p.parts * p.part, end_panel = lesser(first_panel + p.part, p.panels);
    index /= p.parts;
    const int32_t k_part = index % p.depth_parts, batch = index / p.depth_parts;
    const int32_t k0 = k_part * p.depth, k1 = lesser(k0 + p.depth, g.k);
    const float* a = g.a + batch * g.a_batch + row * g.a_step.row;

    for (int32_t panel = first_panel; panel < end_panel; panel += GEMM_PANELS) {
      const int32_t panels = lesser(GEMM_PANELS, end_panel - panel);
      int32_t k = k0;
      do {  // once even for k = 0: zeros, or the bias
        const int32_t depth = lesser(GEMM_DEPTH, k1 - k);
        pack_b(batch, k, depth, panel, panels, panel_b);
        const float* from = a + k;
        ptrdiff_t pitch = g.a_step.row;
        if (p.pack_a) {
          if (panel == first_panel || k1 - k0 > GEMM_DEPTH)
            transpose(a + k * g.a_step.column, g.a_step.column, depth, rows, packed_a, depth);
          from = packed_a;
          pitch = depth;
        }
        const ptrdiff_t sum_pitch = p.direct ? g.c_step.row : p.width;
        for (int32_t i = 0; i < rows; ++i) spots[i] = {i * pitch, i * sum_pitch};
        const Stretch stretch = {0, depth};
        for (int32_t q = 0; q < panels; ++q) {
          float* sums;
          if (p.direct) sums = g.c + batch * g.c_batch + row * g.c_step.row + (panel + q) * p.width;
          else if (p.depth_parts > 1)
            sums = partials + (((size_t(batch) * p.depth_parts + k_part) * p.panels + panel + q) * g.m + row) * p.width;
          else sums = local + size_t(q) * rows * p.width;
          TileCall call = {from, panel_b + q * depth * p.width, &stretch, 1, 1, nullptr, nullptr, sums};
          if (k == k0) {
            call.start = p.direct && g.column_bias ? g.column_bias + (panel + q) * p.width : ZEROS;
            if (p.direct && g.row_bias) call.row_start = g.row_bias + row;
          }
          run_tiles(p.vectors, call, spots, rows);
        }
        k += depth;
      } while (k < k1);
      if (!p.direct && p.depth_parts == 1)
        for (int32_t q = 0; q < panels; ++q) write(batch, panel + q, row, rows, local + size_t(q) * rows * p.width);
    }
  }

  // Complete sums of one panel, with bias, to C.
  void write(int32_t batch, int32_t panel, int32_t row, int32_t rows, float* sums) const {
    const int32_t column = panel * p.width, columns = lesser(p.width, g.n - column);
    if (g.row_bias || g.column_bias)
      for (int32_t i = 0; i < rows; ++i)
        for (int32_t j = 0; j < columns; ++j)
          sums[i * p.width + j] += g.row_bias ? g.row_bias[row + i] : g.column_bias[column + j];
    float* to = g.c + batch * g.c_batch + row * g.c_step.row + column * g.c_step.column;
    if (g.c_step.column == 1)
      for (int32_t i = 0; i < rows; ++i) copy_row(to + i * g.c_step.row, sums + i * p.width, columns);
    else transpose(sums, p.width, rows, columns, to, g.c_step.column);
  }

  // Adds the parts of k of one panel, in order, and writes them.
  void finish(int32_t index) const {
    const int32_t panel = index % p.panels, batch = index / p.panels;
    const size_t part = size_t(p.panels) * g.m * p.width;
    float* sums = partials + size_t(batch) * p.depth_parts * part + size_t(panel) * g.m * p.width;
    for (int32_t i = 0; i < g.m * p.width; i += LANES) {
      F sum = load<F>(sums + i);
      for (int32_t n = 1; n < p.depth_parts; ++n) sum += load<F>(sums + n * part + i);
      store(sums + i, sum);
    }
    write(batch, panel, 0, g.m, sums);
  }
};

// R rows of A against four rows of B transposed, along k; each sum in one vector, added up at the end.
template <int R> DRISHTI_INLINE void dot_tile(const float* const* a, const float* const* b, int32_t k, float (*to)[4]) {
  constexpr int S = R == 1 ? 2 : 1;  // sums side by side: too few hide no latency
  F sum[S][R][4] = {};
  int32_t i = 0;
  for (; i + S * LANES <= k; i += S * LANES)
    for (int s = 0; s < S; ++s) {
      F x[R];
      for (int r = 0; r < R; ++r) x[r] = load<F>(a[r] + i + s * LANES);
      for (int j = 0; j < 4; ++j) {
        const F y = load<F>(b[j] + i + s * LANES);
        for (int r = 0; r < R; ++r) sum[s][r][j] = fma(x[r], y, sum[s][r][j]);
      }
    }
  for (; i < k; i += LANES) {
    const int32_t count = lesser(LANES, k - i);
    for (int j = 0; j < 4; ++j) {
      const F y = load_part<F>(b[j] + i, count);
      for (int r = 0; r < R; ++r) sum[0][r][j] = fma(load_part<F>(a[r] + i, count), y, sum[0][r][j]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int j = 0; j < 4; ++j) to[r][j] = drishti::DRISHTI_NS::sum(S == 2 ? sum[0][r][j] + sum[S - 1][r][j] : sum[0][r][j]);
}

// Few rows of A, both operands along k: dot products. Columns [first, end).
static void few_dots(const Gemm& g, int32_t batch, int32_t first, int32_t end) {
  const float* a = g.a + batch * g.a_batch;
  const float* b = g.b + batch * g.b_batch;
  float* c = g.c + batch * g.c_batch;
  for (int32_t n = first; n < end; n += 4)
    for (int32_t m = 0; m < g.m; m += 2) {
      const int32_t rows = lesser(2, g.m - m), columns = lesser(4, end - n);
      const float* x[2];
      const float* y[4];
      for (int r = 0; r < 2; ++r) x[r] = a + lesser(m + r, g.m - 1) * g.a_step.row;
      for (int j = 0; j < 4; ++j) y[j] = b + lesser(n + j, end - 1) * g.b_step.column;
      float sum[2][4];
      if (rows == 1) dot_tile<1>(x, y, g.k, sum);
      else dot_tile<2>(x, y, g.k, sum);
      for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j) {
          float value = sum[r][j];
          if (g.row_bias) value += g.row_bias[m + r];
          if (g.column_bias) value += g.column_bias[n + j];
          c[(m + r) * g.c_step.row + (n + j) * g.c_step.column] = value;
        }
    }
}

// Few rows of A, or a short sum: each row of C is a sum of rows of B, eight vectors at a time. Columns [first, end).
static void few_rows(const Gemm& g, int32_t batch, int32_t first, int32_t end) {
  constexpr int V = 8;
  const float* a = g.a + batch * g.a_batch;
  const float* b = g.b + batch * g.b_batch;
  float* c = g.c + batch * g.c_batch;
  for (int32_t m = 0; m < g.m; ++m) {
    float* row = c + m * g.c_step.row;
    int32_t n = first;
    for (; n + V * LANES <= end; n += V * LANES) {
      F sum[V] = {};
      const float* from = b + n;
      for (int32_t k = 0; k < g.k; ++k, from += g.b_step.row) {
        const F x = splat<F>(a[m * g.a_step.row + k * g.a_step.column]);
        for (int v = 0; v < V; ++v) sum[v] = fma(x, load<F>(from + v * LANES), sum[v]);
      }
      for (int v = 0; v < V; ++v) {
        if (g.row_bias) sum[v] += splat<F>(g.row_bias[m]);
        if (g.column_bias) sum[v] += load<F>(g.column_bias + n + v * LANES);
        store(row + n + v * LANES, sum[v]);
      }
    }
    for (; n < end; n += LANES) {
      const int32_t count = lesser(LANES, end - n);
      F sum = {};
      for (int32_t k = 0; k < g.k; ++k)
        sum = fma(splat<F>(a[m * g.a_step.row + k * g.a_step.column]), load_part<F>(b + k * g.b_step.row + n, count), sum);
      if (g.row_bias) sum += splat<F>(g.row_bias[m]);
      if (g.column_bias) sum += load_part<F>(g.column_bias + n, count);
      store_part(row + n, sum, count);
    }
  }
}

static ScratchNeed gemm_scratch(const Gemm& g) {
  const GemmPlan plan(g);
  return {plan.per_thread, plan.shared};
}

static void run_gemm(const Gemm& g, Context& context) {
  const GemmPlan plan(g);
  if (plan.empty) return;
  if (plan.few) {
    // Pieces of columns, a multiple of the eight vectors of few_rows.
    const int32_t wide = 8 * LANES, wanted = chunks_for(double(g.batch) * g.m * g.n * (g.k + 1.0));
    const int32_t piece = ceil_div(ceil_div(g.n, lesser(wanted, ceil_div(g.n, wide))), wide) * wide, pieces = ceil_div(g.n, piece);
    const bool rows = g.b_step.column == 1 && g.c_step.column == 1;
    context.each(g.batch * pieces, [&](int32_t i, int32_t) {
      const int32_t first = i % pieces * piece, end = lesser(first + piece, g.n);
      if (rows) few_rows(g, i / pieces, first, end);
      else few_dots(g, i / pieces, first, end);
    });
    return;
  }
  const GemmCall call = {g, plan, reinterpret_cast<float*>(context.shared)};
  context.each(g.batch * plan.depth_parts * plan.parts * plan.row_parts,
               [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
  if (plan.depth_parts > 1) context.each(g.batch * plan.panels, [&](int32_t i, int32_t) { call.finish(i); });
}

// The same product as C' = B' A': lanes along the other side.
static inline Gemm swapped(const Gemm& g) {
  Gemm s = g;
  s.m = g.n;
  s.n = g.m;
  s.a = g.b;
  s.b = g.a;
  s.a_step = {g.b_step.column, g.b_step.row};
  s.b_step = {g.a_step.column, g.a_step.row};
  s.c_step = {g.c_step.column, g.c_step.row};
  s.a_batch = g.b_batch;
  s.b_batch = g.a_batch;
  s.row_bias = g.column_bias;
  s.column_bias = g.row_bias;
  return s;
}

}  // namespace DRISHTI_NS
}  // namespace drishti
