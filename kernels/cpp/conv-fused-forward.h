// A fused convolution's call: axes, source and what follows, from its parameters.
#pragma once
#include "conv-nhwc.h"

namespace drishti {
namespace DRISHTI_NS {

struct FusedForward {
  Gather g;
  Source source;
  Tail tail;
  template <class P> FusedForward(const P& p, void* const* buffers)
      : g(forward_gather(p)), source(in<float>(buffers, 0), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)),
        tail(out<float>(buffers, 5), Place(p.outLayout, p.outChannels, p.outHeight / p.poolHeight, p.outWidth / p.poolWidth, p.outBorder)) {
    g.y.dest = p.outHeight / p.poolHeight * p.poolHeight;
    g.x.dest = p.outWidth / p.poolWidth * p.poolWidth;
    tail.relu = p.relu != 0;
    tail.six = p.relu == 2;
    tail.pool_height = p.poolHeight;
    tail.pool_width = p.poolWidth;
    tail.scale = in<float>(buffers, 2);
    tail.bias = in<float>(buffers, 3);
    tail.residual = in<float>(buffers, 4);
    tail.residual_place = Place(p.outLayout, p.outChannels, p.outHeight, p.outWidth, p.residualBorder);
    tail.index = out<uint8_t>(buffers, 6);
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
