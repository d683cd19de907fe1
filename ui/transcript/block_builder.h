#pragma once
// Collects what md4c reports into blocks. Used by markdown_parser.cpp alone.

#include "ui/transcript/block.h"
#include "ui/transcript/markdown_prepare.h"

#include <QStringList>
#include <md4c.h>
#include <optional>
#include <vector>

namespace ui::markdown {

class BlockBuilder {
public:
    explicit BlockBuilder(const Prepared &prepared) : m_prepared(prepared) {}

    void enterBlock(MD_BLOCKTYPE type, void *detail);
    void leaveBlock(MD_BLOCKTYPE type, void *detail);
    void enterSpan(MD_SPANTYPE type, void *detail);
    void leaveSpan(MD_SPANTYPE type, void *detail);
    void text(MD_TEXTTYPE type, QStringView content);

    std::vector<Block> takeBlocks() { return std::move(m_blocks); }
    /// Everything of the source that is shown or at least reachable (addresses, titles), in its order.
    const QString &trace() const { return m_trace; }

private:
    struct List {
        bool ordered = false;
        bool tight = true;
        int next = 0;
        QChar delimiter;
        bool first = true;
    };

    void beginLeaf(BlockKind kind);
    void ensureLeaf();
    void endLeaf();
    void beginItem(const MD_BLOCK_LI_DETAIL &detail);
    void beginCell(const MD_BLOCK_TD_DETAIL &detail, bool header);
    void append(QStringView content, bool exact);
    void appendStyled(const QString &content, unsigned extraStyle);
    void appendFormula(const Formula &formula);
    void appendEntity(QStringView entity);
    void leaveLink(const QString &target, const QString &title);
    void leaveImage(const QString &target, const QString &title);
    QString attribute(const MD_ATTRIBUTE &attribute) const;
    QString restored(QStringView content) const; ///< placeholders back to what they stand for

    const Prepared &m_prepared;
    std::vector<Block> m_blocks;
    QString m_trace;
    Block m_leaf;
    bool m_inLeaf = false;
    std::vector<List> m_lists;
    QString m_marker; ///< of the item whose first leaf is still to come
    int m_task = -1;
    bool m_itemFirst = false;
    int m_quoteDepth = 0;
    int m_bold = 0;
    int m_italic = 0;
    int m_strike = 0;
    int m_code = 0;
    int m_link = -1;
    int m_linkStart = 0; ///< where its text begins in the leaf
    int m_images = 0;
    int m_imageStart = 0;
};

} // namespace ui::markdown
