#pragma once
// How much of the model's context the conversation uses: a ring and the two figures; amber from 80 %, red from 95 %.

#include <QWidget>
#include <cstdint>

namespace ui {

class ContextGauge : public QWidget {
    Q_OBJECT

public:
    explicit ContextGauge(QWidget *parent = nullptr);
    /// Tokens; `kvBytesPerToken` gives the memory in the tool tip. limit 0 = no model.
    void setUsage(int used, int limit, int cached, std::uint64_t kvBytesPerToken);
    int used() const { return m_used; }
    int limit() const { return m_limit; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void describe();
    QString figures() const;

    int m_used = 0;
    int m_limit = 0;
    int m_cached = 0;
    std::uint64_t m_bytesPerToken = 0;
};

} // namespace ui
