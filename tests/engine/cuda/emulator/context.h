#pragma once
// A point of execution that can be left and returned to, on a stack of its own.

#include <cstddef>
#include <memory>

namespace emulator {

class Context {
public:
    Context();
    ~Context();
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;

    /// The next switch to it calls `entry`, which must not return.
    void start(void (*entry)());
    /// Leaves `from`, goes on with this.
    void resume(Context &from);

private:
    struct Data;
    std::unique_ptr<Data> m_data;
};

} // namespace emulator
