#pragma once
// What goes into a decode step and what comes out of it: one block of memory each, so that a step needs one copy in
// each direction, and at places that never change, so that a step can be recorded.

#include "engine/backend/backend.h"
#include "engine/memory/buffer.h"
#include "engine/model/activations.h"
#include "engine/model/rope.h"
#include "engine/sampling/token_choice.h"

#include <cstdint>
#include <span>

namespace engine::model {

class StepBuffers {
public:
    StepBuffers(const ModelConfig &config, int moeLayers, memory::MemorySpace &memory);

    std::uint64_t bytes() const { return m_input.size() + m_output.size() + m_seen.size(); }

    // On the host, before and after a step.
    void set(std::int32_t token, int position, const Rope &rope, const sampling::ChoiceSettings &settings);
    const sampling::TokenChoice &choice() const;
    std::span<const std::uint16_t> ids() const; ///< [MoE layers, num_experts_per_tok]
    std::span<const float> gates() const;       ///< the same shape
    /// The tokens the repetition penalty looks at, at most vocab_size, in the memory of the next steps.
    void uploadSeen(std::span<const std::uint8_t> seen);

    // Enqueued by a step.
    void upload();
    void download();

    // In the backend's memory.
    std::span<const std::int32_t> token() const;
    const std::int32_t *position() const;
    backend::RopeRows rope(backend::RopePairs pairs) const;
    Routes routes() const;
    backend::SampleArgs sampleArgs(const backend::ConstRows &logits);

private:
    memory::MemorySpace &m_memory;
    std::size_t m_angles; ///< of a position
    std::size_t m_routes; ///< numbers
    memory::Buffer m_input;
    memory::Buffer m_output;
    memory::Buffer m_seen;
    memory::Buffer m_inputStaging;  ///< what m_input is to be
    memory::Buffer m_outputStaging; ///< what m_output was
};

} // namespace engine::model
