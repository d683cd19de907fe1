#include "app/cli/format.h"

#include <QTest>

using namespace app::cli;

class FormatTest : public QObject {
    Q_OBJECT

private slots:
    void numbersKeepThreeFigures()
    {
        QCOMPARE(count(0), std::string("0"));
        QCOMPARE(count(999), std::string("999"));
        QCOMPARE(count(1000), std::string("1.00 k"));
        QCOMPARE(count(999999), std::string("1.00 M"));
        QCOMPARE(count(671026419200), std::string("671 B"));
        QCOMPARE(byteSize(70272), std::string("70.3 kB"));
        QCOMPARE(rate(85.16), std::string("85.2 tok/s"));
        QCOMPARE(rate(3104.7), std::string("3105 tok/s"));
    }

    void columnsLineUp()
    {
        QCOMPARE(table({{"task", "n"}, {"addition", "200"}}), std::string("task        n\naddition  200\n"));
        QCOMPARE(properties({{"a", "1"}, {"long", "2"}}), std::string("a     1\nlong  2\n"));
    }

    void theMedianIsTheMiddle()
    {
        QCOMPARE(median({3.0, 1.0, 2.0}), 2.0);
        QCOMPARE(median({4.0, 1.0, 2.0, 3.0}), 2.5);
        QCOMPARE(median({}), 0.0);
    }
};

QTEST_APPLESS_MAIN(FormatTest)
#include "tst_format.moc"
