// The memory plan of a GPU: what the plugin says it will reserve, without a device, is what the backend then reserves.

#include "engine/backend/cuda/detail/cuda_backend.h"
#include "engine/backend/cuda/plugin.h"

#include <QTest>

#include <cuda_runtime.h>

class CudaWorkspaceTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsPlannedIsReserved_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("latent");
        for (const int tokens : {1, 8, 256}) {
            QTest::addRow("V3, %d tokens", tokens) << tokens << 256 << 512;
            QTest::addRow("dense, %d tokens", tokens) << tokens << 0 << 0;
        }
    }

    void whatIsPlannedIsReserved()
    {
        QFETCH(int, tokens);
        QFETCH(int, experts);
        QFETCH(int, latent);
        engine::backend::WorkspaceShape shape;
        shape.tokens = tokens;
        shape.hidden = 512;
        shape.heads = 16;
        shape.nopeWidth = latent > 0 ? 128 : 0;
        shape.ropeWidth = latent > 0 ? 64 : 0;
        shape.valueWidth = shape.nopeWidth;
        shape.latentWidth = latent;
        shape.kvHeads = 4;
        shape.headWidth = latent > 0 ? 0 : 128;
        shape.experts = experts;
        shape.topK = experts > 0 ? 8 : 0;
        shape.expertWidth = 256;
        shape.mlpWidth = 1024;
        shape.vocab = 4096;
        int units = 0;
        cudaDeviceGetAttribute(&units, cudaDevAttrMultiProcessorCount, 0);
        const auto backend = engine::backend::cuda::makeCudaBackend(0);
        backend->reserve(shape);
        QVERIFY(backend->reservedBytes() > 0);
        QCOMPARE(quint64{bathyscope_cuda_workspace_bytes(shape, units)}, quint64{backend->reservedBytes()});
    }
};

QTEST_GUILESS_MAIN(CudaWorkspaceTest)
#include "tst_cuda_workspace.moc"
