#pragma once
// Which controls a message offers, where they are and what they are called.

#include "ui/transcript/controls.h"
#include "ui/transcript/message_item.h"

#include <QCoreApplication>
#include <optional>
#include <vector>

namespace ui {

class MessageControls {
    Q_DECLARE_TR_FUNCTIONS(ui::MessageControls)

public:
    static constexpr int buttonSize = 28;

    MessageControls(MessageItem &item, AllowedActions allowed) : m_item(item), m_allowed(allowed) {}

    /// All, in reading order, which is the order of the Tab key. Lays out blocks that have controls.
    std::vector<ControlBox> all() const;
    std::optional<ControlBox> at(QPoint point) const;
    std::optional<ControlBox> find(const Control &control) const;

    /// Those of the row below a message.
    std::vector<ControlBox> row() const;
    std::optional<ControlBox> continueButton() const;
    QRect branchLabel() const;
    QString branchText() const; ///< "2/3"
    static QString continueText(bool onCpu);

private:
    void addThinking(std::vector<ControlBox> &boxes, bool withBlocks) const;
    void addBlocks(MessagePart part, std::vector<ControlBox> &boxes) const;
    void addBlock(MessagePart part, int block, std::vector<ControlBox> &boxes) const;
    std::optional<ControlBox> inBlocks(MessagePart part, QPoint point) const;

    MessageItem &m_item;
    AllowedActions m_allowed;
};

} // namespace ui
