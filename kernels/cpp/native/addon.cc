// The Node addon: picks an instruction set, keeps a pool of threads and scratch memory, and runs kernels.
//
// JavaScript and C++ share one block of memory for the arguments of a call, so that a run is one N-API call with one number:
//   bytes 0–511     the kernel's parameters, 32-bit words
//   bytes 512–767   up to 32 addresses of buffers, doubles (0: absent)
//   bytes 768–775   the two facts of a refusal, int32
//   bytes 776–779   which call of a list refused, int32
// A list of calls lies in memory of its own, one record after the other: see Record.
#include <node_api.h>
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "pool.h"

namespace {

using namespace drishti;

constexpr int MOST_BUFFERS = 32;
struct Block {
  int32_t params[128];
  double buffers[MOST_BUFFERS];
  int32_t facts[2];
  int32_t refused;
};

// One call of a list, encoded by call-list.ts; then `buffers` addresses of 64 bits, then the parameters.
struct Record {
  int32_t kernel;
  int32_t buffers;
  int32_t bytes;  // of all of it
  int32_t unused;
  uint64_t addresses[];
};

constexpr int buffer_count[KERNEL_COUNT] = {
#define X(kernel, params, buffers) buffers,
    DRISHTI_KERNELS(X)
#undef X
};

constexpr int32_t OUT_OF_MEMORY = -1;

// One opened backend.
struct Engine : Context {
  Isa isa;
  Block* block;
  Pool pool;
  char* memory = nullptr;
  size_t memory_size = 0;
  bool flush = false;

  Engine(const Isa& chosen, Block* lent, int32_t wanted) : Context{}, isa(chosen), block(lent), pool(wanted) {
    threads = pool.threads();
    parallel = [](Context* context, int32_t chunks, Work::Body body, void* arg) {
      auto* engine = static_cast<Engine*>(context);
      engine->pool.run(chunks, body, arg, engine->flush);
    };
  }
  ~Engine() { free(memory); }

  bool lend_scratch(const ScratchNeed& need) {
    scratch_per_thread = (need.per_thread + 127) & ~size_t(127);
    const size_t own = scratch_per_thread * size_t(threads);
    const size_t size = (own + need.shared + 127) & ~size_t(127);
    if (size > memory_size) {
      free(memory);
      memory = static_cast<char*>(aligned_alloc(128, size));
      memory_size = memory == nullptr ? 0 : size;
      if (memory == nullptr) return false;
    }
    scratch = memory;
    shared = memory + own;
    return true;
  }

  int32_t run(int32_t kernel) {
    void* buffers[MOST_BUFFERS];
    for (int i = 0; i < buffer_count[kernel]; ++i) buffers[i] = reinterpret_cast<void*>(uintptr_t(block->buffers[i]));
    const DenormalMode mode(true);
    return call(kernel, block->params, buffers);
  }

  // The list was checked when it was encoded. Ends at the first call that refuses.
  int32_t run_list(const char* at, int32_t count) {
    const DenormalMode mode(true);
    for (int32_t i = 0; i < count; ++i) {
      const auto* record = reinterpret_cast<const Record*>(at);
      void* buffers[MOST_BUFFERS];
      for (int32_t b = 0; b < record->buffers; ++b) buffers[b] = reinterpret_cast<void*>(uintptr_t(record->addresses[b]));
      const int32_t status = call(record->kernel, record->addresses + record->buffers, buffers);
      if (status != 0) {
        block->refused = i;
        return status;
      }
      at += record->bytes;
    }
    return 0;
  }

  // Denormals are flushed when it is called, and when it returns.
  int32_t call(int32_t kernel, const void* params, void* const* buffers) {
    const KernelEntry& entry = isa.entry(kernel);
    if (!lend_scratch(entry.scratch ? entry.scratch(params, threads) : ScratchNeed{})) return OUT_OF_MEMORY;
    flush = !entry.keep_denormals;
    if (!flush) DenormalMode::set(false);
    const int32_t status = entry.run(params, buffers, *this);
    if (!flush) DenormalMode::set(true);
    block->facts[0] = facts[0];
    block->facts[1] = facts[1];
    return status;
  }
};

napi_value number(napi_env env, double value) {
  napi_value v = nullptr;
  napi_create_double(env, value, &v);
  return v;
}
napi_value text(napi_env env, const char* value) {
  napi_value v = nullptr;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &v);
  return v;
}
napi_value refuse(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

// run(kernel): 0, the kernel's refusal, or -1 when there is no memory for scratch.
napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  void* data = nullptr;
  int32_t kernel = -1;
  napi_get_cb_info(env, info, &count, &argument, nullptr, &data);
  auto* engine = static_cast<Engine*>(data);
  if (count < 1 || napi_get_value_int32(env, argument, &kernel) != napi_ok || kernel < 0 || kernel >= KERNEL_COUNT ||
      engine->isa.entry(kernel).run == nullptr)
    return refuse(env, "no such kernel");
  napi_value status;
  napi_create_int32(env, engine->run(kernel), &status);
  return status;
}

// runList(arrayBuffer, byteOffset, calls): as run.
napi_value run_list(napi_env env, napi_callback_info info) {
  size_t count = 3, size = 0;
  napi_value arguments[3], status;
  void *data = nullptr, *program = nullptr;
  int32_t offset = 0, calls = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  if (count < 3 || napi_get_arraybuffer_info(env, arguments[0], &program, &size) != napi_ok ||
      napi_get_value_int32(env, arguments[1], &offset) != napi_ok || napi_get_value_int32(env, arguments[2], &calls) != napi_ok ||
      offset < 0 || size_t(offset) > size)
    return refuse(env, "runList wants a list, an offset and a number of calls");
  napi_create_int32(env, static_cast<Engine*>(data)->run_list(static_cast<const char*>(program) + offset, calls), &status);
  return status;
}

// An engine ends when JavaScript drops it, or before its environment goes: whichever comes first joins the threads.
struct Holder {
  Engine* engine;
};
void close(void* holder) {
  delete static_cast<Holder*>(holder)->engine;
  static_cast<Holder*>(holder)->engine = nullptr;
}
void collect(napi_env env, void*, void* holder) {
  napi_remove_env_cleanup_hook(env, close, holder);
  close(holder);
  delete static_cast<Holder*>(holder);
}

// open(isa or "", threads, block) -> { isa, lanes, threads, supports, run, runList }
napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 3, size = 0;
  napi_value arguments[3];
  char wanted[32] = "";
  int32_t threads = 1;
  void* block = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 3 || napi_get_value_string_utf8(env, arguments[0], wanted, sizeof wanted, nullptr) != napi_ok ||
      napi_get_value_int32(env, arguments[1], &threads) != napi_ok ||
      napi_get_arraybuffer_info(env, arguments[2], &block, &size) != napi_ok || size < sizeof(Block))
    return refuse(env, "open wants an instruction set, a number of threads and a block");
  Isa list[MOST_ISAS];
  const Isa* chosen = nullptr;
  const int have = isas(list);
  for (int i = 0; i < have && chosen == nullptr; ++i)
    if (wanted[0] == '\0' ? list[i].runs && list[i].automatic : strcmp(wanted, list[i].name) == 0) chosen = &list[i];
  if (chosen == nullptr) return refuse(env, "this build has no such instruction set");
  if (!chosen->runs) return refuse(env, "this processor does not have that instruction set");

  auto* engine = new Engine(*chosen, static_cast<Block*>(block), threads < 1 ? 1 : threads);
  auto* holder = new Holder{engine};
  napi_add_env_cleanup_hook(env, close, holder);
  napi_value result, function, run_calls, supports, bytes;
  void* flags = nullptr;
  napi_create_object(env, &result);
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, engine, &function);
  napi_add_finalizer(env, function, engine, collect, holder, nullptr);
  // Its data hangs on `run`: whoever holds the object holds both.
  napi_create_function(env, "runList", NAPI_AUTO_LENGTH, run_list, engine, &run_calls);
  napi_create_arraybuffer(env, KERNEL_COUNT, &flags, &bytes);
  for (int i = 0; i < KERNEL_COUNT; ++i) static_cast<uint8_t*>(flags)[i] = engine->isa.entry(i).run != nullptr;
  napi_create_typedarray(env, napi_uint8_array, KERNEL_COUNT, bytes, 0, &supports);
  napi_set_named_property(env, result, "run", function);
  napi_set_named_property(env, result, "runList", run_calls);
  napi_set_named_property(env, result, "supports", supports);
  napi_set_named_property(env, result, "isa", text(env, engine->isa.name));
  napi_set_named_property(env, result, "lanes", number(env, engine->isa.lanes));
  napi_set_named_property(env, result, "threads", number(env, engine->pool.threads()));
  return result;
}

// isas() -> the names of those that run here, best first
napi_value names(napi_env env, napi_callback_info) {
  Isa list[MOST_ISAS];
  const int have = isas(list);
  napi_value result;
  napi_create_array(env, &result);
  for (int i = 0, at = 0; i < have; ++i)
    if (list[i].runs) napi_set_element(env, result, uint32_t(at++), text(env, list[i].name));
  return result;
}

// addressOf(arrayBuffer) -> where its bytes are; they stay there as long as it lives
napi_value address_of(napi_env env, napi_callback_info info) {
  size_t count = 1, size = 0;
  napi_value argument;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_arraybuffer_info(env, argument, &data, &size) != napi_ok)
    return refuse(env, "addressOf wants an ArrayBuffer");
  return number(env, double(reinterpret_cast<uintptr_t>(data)));
}

// release(arrayBuffer): its memory goes back at once, without waiting for the garbage collector; views of it have no elements
napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_detach_arraybuffer(env, argument) != napi_ok)
    return refuse(env, "release wants an ArrayBuffer that can be detached");
  return nullptr;
}

// trim(): what the C library keeps of freed memory goes back to the system. (glibc maps buffers one by one only up to the size of
// the largest that was ever freed; the others lie in a heap, which shrinks by itself at its end alone.)
napi_value trim(napi_env, napi_callback_info) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback function;
  } exported[] = {{"open", open}, {"isas", names}, {"addressOf", address_of}, {"release", release}, {"trim", trim}};
  for (const auto& e : exported) {
    napi_value f;
    napi_create_function(env, e.name, NAPI_AUTO_LENGTH, e.function, nullptr, &f);
    napi_set_named_property(env, exports, e.name, f);
  }
  return exports;
}
