#include "context.h"

#include <cstdint>

namespace emulator {

namespace {
constexpr std::size_t stackBytes = 128 * 1024;
}

#if defined(__x86_64__) && defined(__GNUC__)

// A kernel switches some hundred times for every number it computes; swapcontext() makes two system calls each time.
extern "C" void emulatorSwitch(void **from, void *to);
asm(R"(
.text
.globl emulatorSwitch
.type emulatorSwitch, @function
emulatorSwitch:
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulatorSwitch, .-emulatorSwitch
)");

struct Context::Data {
    std::unique_ptr<std::byte[]> stack;
    void *top = nullptr;
};

void Context::start(void (*entry)())
{
    if (!m_data->stack)
        m_data->stack = std::make_unique<std::byte[]>(stackBytes);
    auto end = reinterpret_cast<std::uintptr_t>(m_data->stack.get() + stackBytes) & ~std::uintptr_t{15};
    auto *words = reinterpret_cast<void **>(end) - 2; // the entry sees the stack as after a call
    words[0] = reinterpret_cast<void *>(entry);
    words[1] = nullptr;
    m_data->top = words - 6;
}

void Context::resume(Context &from)
{
    emulatorSwitch(&from.m_data->top, m_data->top);
}

#else

} // namespace emulator
#include <ucontext.h>
namespace emulator {

struct Context::Data {
    std::unique_ptr<std::byte[]> stack;
    ucontext_t state{};
};

void Context::start(void (*entry)())
{
    if (!m_data->stack)
        m_data->stack = std::make_unique<std::byte[]>(stackBytes);
    getcontext(&m_data->state);
    m_data->state.uc_stack.ss_sp = m_data->stack.get();
    m_data->state.uc_stack.ss_size = stackBytes;
    m_data->state.uc_link = nullptr;
    makecontext(&m_data->state, entry, 0);
}

void Context::resume(Context &from)
{
    swapcontext(&from.m_data->state, &m_data->state);
}

#endif

Context::Context() : m_data(std::make_unique<Data>()) {}

Context::~Context() = default;

} // namespace emulator
