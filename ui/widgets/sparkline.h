#pragma once
// Throughput as a small curve with its current value: the last minute of the reply that runs, or of the last one.

#include <QElapsedTimer>
#include <QWidget>
#include <deque>

namespace ui {

class Sparkline : public QWidget {
    Q_OBJECT

public:
    explicit Sparkline(QWidget *parent = nullptr);
    void start(); ///< a new reply: the old curve goes
    void add(double tokensPerSecond);
    /// For tests: `seconds` since start().
    void addAt(double seconds, double tokensPerSecond);
    int samples() const { return static_cast<int>(m_samples.size()); }
    double currentValue() const { return m_samples.empty() ? 0.0 : m_samples.back().rate; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct Sample {
        double seconds;
        double rate;
    };
    void describe();
    QRectF curveArea() const;

    std::deque<Sample> m_samples;
    QElapsedTimer m_clock;
    double m_described = 0.0; ///< seconds at which the description was brought up to date
};

} // namespace ui
