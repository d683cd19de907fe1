#include "engine/model/step_buffers.h"

#include <new>

namespace engine::model {

namespace {

/// The beginning of the input block; cosines, then sines follow.
struct Input {
    sampling::ChoiceSettings settings;
    std::int32_t token;
    std::int32_t position;

    float *angles() { return reinterpret_cast<float *>(this + 1); }
};

/// The beginning of the output block; gates, then ids follow.
struct Output {
    sampling::TokenChoice choice;

    float *gates() { return reinterpret_cast<float *>(this + 1); }
};

Input *inputOf(const memory::Buffer &buffer)
{
    return reinterpret_cast<Input *>(const_cast<std::byte *>(buffer.data()));
}

Output *outputOf(const memory::Buffer &buffer)
{
    return reinterpret_cast<Output *>(const_cast<std::byte *>(buffer.data()));
}

} // namespace

StepBuffers::StepBuffers(const ModelConfig &config, int moeLayers, memory::MemorySpace &memory)
    : m_memory(memory), m_angles(static_cast<std::size_t>(config.ropeWidth() / 2)),
      m_routes(static_cast<std::size_t>(moeLayers) * static_cast<std::size_t>(config.num_experts_per_tok)),
      m_input(memory.allocate(sizeof(Input) + 2 * m_angles * sizeof(float))),
      m_output(memory.allocate(sizeof(Output) + m_routes * (sizeof(float) + sizeof(std::uint16_t)))),
      m_seen(memory.allocate(static_cast<std::size_t>(config.vocab_size))),
      m_inputStaging(memory.allocateStaging(m_input.size())), m_outputStaging(memory.allocateStaging(m_output.size()))
{
    new (m_inputStaging.data()) Input{};
    new (m_outputStaging.data()) Output{};
}

void StepBuffers::set(std::int32_t token, int position, const Rope &rope, const sampling::ChoiceSettings &settings)
{
    Input *input = inputOf(m_inputStaging);
    input->settings = settings;
    input->token = token;
    input->position = position;
    rope.angles(position, input->angles(), input->angles() + m_angles);
}

const sampling::TokenChoice &StepBuffers::choice() const
{
    return outputOf(m_outputStaging)->choice;
}

std::span<const std::uint16_t> StepBuffers::ids() const
{
    return {reinterpret_cast<const std::uint16_t *>(outputOf(m_outputStaging)->gates() + m_routes), m_routes};
}

std::span<const float> StepBuffers::gates() const
{
    return {outputOf(m_outputStaging)->gates(), m_routes};
}

void StepBuffers::uploadSeen(std::span<const std::uint8_t> seen)
{
    m_memory.upload(m_seen.data(), seen.data(), seen.size());
}

void StepBuffers::upload()
{
    m_memory.upload(m_input.data(), m_inputStaging.data(), m_input.size());
}

void StepBuffers::download()
{
    m_memory.download(m_outputStaging.data(), m_output.data(), m_output.size());
}

std::span<const std::int32_t> StepBuffers::token() const
{
    return {&inputOf(m_input)->token, 1};
}

const std::int32_t *StepBuffers::position() const
{
    return &inputOf(m_input)->position;
}

backend::RopeRows StepBuffers::rope(backend::RopePairs pairs) const
{
    const float *angles = inputOf(m_input)->angles();
    return {angles, angles + m_angles, pairs};
}

Routes StepBuffers::routes() const
{
    float *gates = outputOf(m_output)->gates();
    return {reinterpret_cast<std::uint16_t *>(gates + m_routes), gates, m_routes};
}

backend::SampleArgs StepBuffers::sampleArgs(const backend::ConstRows &logits)
{
    return {logits, &inputOf(m_input)->settings, reinterpret_cast<std::uint8_t *>(m_seen.data()),
            &outputOf(m_output)->choice};
}

} // namespace engine::model
