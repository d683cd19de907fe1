#include "engine/text/stream_decoder.h"

#include "engine/text/detail/utf8.h"

namespace engine::text {

std::string StreamDecoder::push(std::string_view bytes)
{
    m_pending += bytes;
    std::string text;
    std::string_view rest = m_pending;
    while (!rest.empty()) {
        const detail::Utf8Step step = detail::nextUtf8(rest);
        if (step.kind == detail::Utf8Kind::Incomplete)
            break;
        text += step.kind == detail::Utf8Kind::Complete ? rest.substr(0, step.length) : detail::replacementCharacter;
        rest.remove_prefix(step.length);
    }
    m_pending.erase(0, m_pending.size() - rest.size());
    return text;
}

std::string StreamDecoder::finish()
{
    std::string text(m_pending.empty() ? std::string_view() : detail::replacementCharacter);
    m_pending.clear();
    return text;
}

} // namespace engine::text
