#pragma once
// A prompt as it stands on the screen: what would be invisible is made visible, and every place knows its tokens, its
// part and its exact bytes. Made once for each prompt, in O(length); then a value that only answers.

#include "engine/generation.h"

#include <QString>
#include <QStringView>
#include <array>
#include <string>
#include <vector>

namespace ui {

inline constexpr std::size_t promptSources = 6;

class PromptText {
public:
    /// Usually one token; more where tokens share a character.
    struct Piece {
        int start = 0; ///< UTF-16 units in text()
        int exactStart = 0;
        int firstToken = 0;
    };
    struct Run {
        int start = 0; ///< UTF-16 units in text()
        int length = 0;
        engine::PromptSource source = engine::PromptSource::Markup;
        int message = -1;
        int firstToken = 0;
        int tokens = 0;
    };

    PromptText() = default;
    explicit PromptText(const engine::PromptShown &prompt);

    const QString &text() const { return m_text; }
    int size() const { return static_cast<int>(m_text.size()); }
    /// What the model sees of [from, to). A piece that is shown in other characters counts as a whole.
    QString exact(int from, int to) const;
    QString exact() const { return QString::fromUtf8(m_exact.data(), static_cast<qsizetype>(m_exact.size())); }

    int pieceCount() const { return static_cast<int>(m_pieces.size()); }
    const Piece &piece(int index) const { return m_pieces[static_cast<std::size_t>(index)]; }
    int pieceEnd(int index) const { return index + 1 < pieceCount() ? piece(index + 1).start : size(); }
    int pieceTokens(int index) const; ///< how many
    QStringView pieceText(int index) const;
    QString pieceExact(int index) const;
    int pieceAt(int position) const; ///< -1: there is none
    int pieceOfToken(int token) const;

    const std::vector<Run> &runs() const { return m_runs; }
    int runAt(int position) const; ///< -1: there is none

    int tokenCount() const { return static_cast<int>(m_ids.size()); }
    engine::TokenId tokenId(int token) const { return m_ids[static_cast<std::size_t>(token)]; }
    int cachedTokens() const { return m_cached; }
    int cachedEnd() const; ///< position in text()
    const std::array<int, promptSources> &tokensBySource() const { return m_bySource; }
    QString idsText() const; ///< "0, 128803, 3085"

private:
    void cut(const engine::PromptShown &prompt);
    void show(const engine::PromptShown &prompt);

    QString m_text;
    std::string m_exact;
    std::vector<engine::TokenId> m_ids;
    std::vector<Piece> m_pieces;
    std::vector<Run> m_runs;
    std::array<int, promptSources> m_bySource{};
    int m_cached = 0;
};

} // namespace ui
