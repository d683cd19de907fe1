#pragma once
// How much of the model's context the conversation uses: a ring, the two figures and the memory they take; amber from
// 80 %, red from 95 %.

#include <QTimer>
#include <QWidget>
#include <cstdint>

namespace ui {

class ContextGauge : public QWidget {
    Q_OBJECT

public:
    explicit ContextGauge(QWidget *parent = nullptr);
    /// Tokens; limit 0 = no model.
    void setUsage(int used, int limit, int cached, std::uint64_t kvBytesPerToken);
    /// Tokens the model could do if memory sufficed; 0: the limit is its own.
    void setCappedFrom(int tokens) { m_cappedFrom = tokens; }
    int used() const { return m_used; }
    int limit() const { return m_limit; }
    QString details() const; ///< the tool tip
    QString memory() const;  ///< "KV 640 KiB"; empty if it is not known

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void describe();
    void describeSoon();
    QString caption() const; ///< the second line
    QString figures() const;

    int m_used = 0;
    int m_limit = 0;
    int m_cached = 0;
    int m_cappedFrom = 0;
    std::uint64_t m_bytesPerToken = 0;
    QTimer m_describe;
};

} // namespace ui
