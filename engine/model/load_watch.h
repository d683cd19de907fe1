#pragma once
// Opening a large model takes minutes on a slow disk: whoever waits sees how far it is and can end it.

#include "engine/generation.h"
#include "engine/model/load_stop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

namespace engine::memory {
class MappedFile;
}

namespace engine::model {

/// Passed down to all that reads a model folder. Copies watch the same load. Thread contract: the loading thread.
class LoadWatch {
public:
    using Report = std::function<void(LoadStage stage, std::uint64_t done, std::uint64_t total)>;

    LoadWatch() = default;
    LoadWatch(std::stop_token stop, Report report = {})
        : m_stop(std::move(stop)), m_report(report ? std::make_shared<const Report>(std::move(report)) : nullptr)
    {
    }

    const std::stop_token &stop() const { return m_stop; }
    void throwIfStopped(const std::string &name) const { model::throwIfStopped(m_stop, name); }
    /// As ModelLoadProgress counts; as often as it likes.
    void report(LoadStage stage, std::uint64_t done = 0, std::uint64_t total = 0) const
    {
        if (m_report)
            (*m_report)(stage, done, total);
    }

private:
    std::stop_token m_stop;
    std::shared_ptr<const Report> m_report; ///< what it keeps is kept once, whoever reports
};

/// MappedFile::read() in pieces, so that a stop ends it on a slow disk too.
void readWatched(const memory::MappedFile &file, std::uint64_t offset, std::span<std::byte> target,
                 const LoadWatch &watch);

} // namespace engine::model
