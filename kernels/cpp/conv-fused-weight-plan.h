// How the dense weight gradient of the fused convolution cuts its work: conv-fused-weight.h.
#pragma once
#include "conv-fused-shape.h"
#include "conv-nhwc.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t FUSED_PIXELS = 128;                       // of a pass
constexpr int TILE_COLUMNS = LANES == 16 ? 6 : LANES == 8 ? 3 : 2;  // X vectors of a tile
constexpr int TILE_OUTPUTS = 4;
constexpr int32_t WIDE_SLAB = 4 * TILE_COLUMNS * LANES;     // channels of a slab where there is a single tap: whole tiles

struct FusedWeightPlan {
  bool planes;
  bool alone;                                   // a single tap with a stride, of NHWC: what is not met is not copied
  int32_t taps, in_group, out_group;            // channels of a group
  int vectors;                                  // of a panel of G
  int32_t panel, panels;                        // outputs of a panel; panels of a group
  int32_t slab, slabs, slab_pitch, columns;     // channels of a slab, of a group; tile columns of a slab: (tap, vector)
  int32_t band, bands, pass_images;             // output rows and images of a pass
  int32_t images, image_groups;
  int32_t part_panels, panel_parts, part_slabs, slab_parts;
  int32_t source_rows, source_columns;
  ptrdiff_t slab_size;                          // floats of one slab in a pass
  size_t partial;                               // floats of an image group: weight, then bias
  size_t bias_in_partial;
  size_t grad_at, dense_at, temp_at, spots_at, runs_at, per_thread, shared;

  FusedWeightPlan(const FusedShape& s, const Source& x, const Source& g) {
    taps = s.kernel_height * s.kernel_width;
    in_group = s.in_channels / s.groups;
    out_group = s.out_channels / s.groups;
    planes = !x.place.nhwc && s.groups == 1 && in_group <= PLANE_CHANNELS;
    vectors = vectors_for(out_group);
    panel = vectors * LANES;
    panels = ceil_div(out_group, panel);
    alone = taps == 1 && x.place.nhwc && (s.stride_height > 1 || s.stride_width > 1);
    slabs = planes ? 1 : ceil_div(in_group, taps == 1 ? WIDE_SLAB : SLAB);
    slab = ceil_div(in_group, slabs);
    slab_pitch = planes ? 1 : int32_t(round_up(slab, LANES));
    columns = planes ? in_group * taps : taps * (slab_pitch / LANES);

    bands = ceil_div(s.out_height, clamp_to(FUSED_PIXELS / s.out_width, 1, s.out_height));
    band = ceil_div(s.out_height, bands);
    const int32_t pixels = s.out_height * s.out_width;
    pass_images = bands > 1 ? 1 : clamp_to(FUSED_PIXELS / pixels, 1, s.batch);

    const size_t weights = size_t(s.groups) * (planes ? size_t(panels) * columns * panel : size_t(slabs) * out_group * columns * LANES);
    bias_in_partial = round_up(weights, 32);
    partial = bias_in_partial + round_up(s.out_channels, 32);
    const int32_t wanted = chunks_for(double(s.batch) * pixels * s.out_channels * in_group * taps);
    const ImageGroups cut(s.batch, wanted, partial);
    images = cut.images;
    image_groups = cut.count;
    pass_images = lesser(pass_images, images);
    panel_parts = slab_parts = 1;
    while (image_groups * s.groups * panel_parts * slab_parts < wanted) {
      if (panel_parts < panels && (panels / panel_parts >= slabs / slab_parts || slab_parts >= slabs)) panel_parts *= 2;
      else if (slab_parts < slabs) slab_parts *= 2;
      else break;
    }
    part_panels = ceil_div(panels, panel_parts);
    panel_parts = ceil_div(panels, part_panels);
    part_slabs = ceil_div(slabs, slab_parts);
    slab_parts = ceil_div(slabs, part_slabs);

    source_rows = alone ? band : (band - 1) * s.stride_height + (s.kernel_height - 1) * s.dilation_height + 1;
    source_columns = alone ? s.out_width : (s.out_width - 1) * s.stride_width + (s.kernel_width - 1) * s.dilation_width + 1;
    slab_size = ptrdiff_t(pass_images) * source_rows * source_columns * (planes ? in_group : slab_pitch);
    const size_t pass_pixels = size_t(pass_images) * band * s.out_width;
    grad_at = round_up(size_t(part_slabs) * slab_size * 4, 128);
    dense_at = round_up(grad_at + part_panels * pass_pixels * panel * 4, 128);
    const size_t dense = g.scratch() ? size_t(band) * s.out_width * s.out_channels * 4 : 0;
    temp_at = round_up(dense_at + dense, 128);
    spots_at = round_up(temp_at + (g.scratch() > x.scratch() ? g.scratch() : x.scratch()) * 4, 128);
    runs_at = round_up(spots_at + (planes ? size_t(columns) * sizeof(Spot) : 0), 128);
    per_thread = round_up(runs_at + size_t(pass_images) * band * sizeof(Stretch), 128);
    shared = round_up(image_groups * partial * 4, 128);
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
