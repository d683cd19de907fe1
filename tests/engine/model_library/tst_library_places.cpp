// Where the other programs keep their models, from the environment.

#include "engine/model_library.h"

#include <QTest>
#include <map>

using engine::ModelPlace;
using engine::ModelPlaceKind;

namespace {

using Variables = std::map<std::string, std::string>;

std::vector<ModelPlace> placesWith(const Variables &variables)
{
    return engine::knownModelPlaces([&variables](const char *name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    });
}

std::vector<std::string> pathsOf(const std::vector<ModelPlace> &places, ModelPlaceKind kind)
{
    std::vector<std::string> paths;
    for (const ModelPlace &place : places) {
        if (place.kind == kind)
            paths.push_back(place.path);
    }
    return paths;
}

using Paths = std::vector<std::string>;

} // namespace

class LibraryPlacesTest : public QObject {
    Q_OBJECT

private slots:
    void theUsualPlacesLieBelowHome()
    {
        const auto places = placesWith({{"HOME", "/u/黄 河"}});
        QCOMPARE(pathsOf(places, ModelPlaceKind::HuggingFace), Paths{"/u/黄 河/.cache/huggingface/hub"});
        QCOMPARE(pathsOf(places, ModelPlaceKind::LmStudio),
                 (Paths{"/u/黄 河/.lmstudio/models", "/u/黄 河/.cache/lm-studio/models"}));
        QCOMPARE(pathsOf(places, ModelPlaceKind::Ollama),
                 (Paths{"/u/黄 河/.ollama/models", "/usr/share/ollama/.ollama/models"}));
        QCOMPARE(pathsOf(places, ModelPlaceKind::Gpt4All), Paths{"/u/黄 河/.local/share/nomic.ai/GPT4All"});
        QCOMPARE(pathsOf(places, ModelPlaceKind::LlamaCpp), Paths{"/u/黄 河/.cache/llama.cpp"});
        QCOMPARE(pathsOf(places, ModelPlaceKind::Jan),
                 (Paths{"/u/黄 河/.local/share/Jan/data", "/u/黄 河/.config/Jan/data"}));
    }

    void hubVariables_data()
    {
        QTest::addColumn<Variables>("variables");
        QTest::addColumn<std::string>("path");
        const Variables home{{"HOME", "/u"}};
        const auto with = [&home](Variables more) {
            more.insert(home.begin(), home.end());
            return more;
        };
        QTest::newRow("cache first") << with({{"HF_HUB_CACHE", "/c"}, {"HF_HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}})
                                     << std::string("/c");
        QTest::newRow("its old name") << with({{"HUGGINGFACE_HUB_CACHE", "/o"}, {"HF_HOME", "/h"}})
                                      << std::string("/o");
        QTest::newRow("then home") << with({{"HF_HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}}) << std::string("/h/hub");
        QTest::newRow("then XDG") << with({{"XDG_CACHE_HOME", "/x"}}) << std::string("/x/huggingface/hub");
        QTest::newRow("relative") << with({{"HF_HUB_CACHE", "c"}, {"HF_HOME", "./h"}, {"XDG_CACHE_HOME", "x"}})
                                  << std::string("/u/.cache/huggingface/hub");
        QTest::newRow("tilde") << with({{"HF_HOME", "~/h"}}) << std::string("/u/h/hub");
        QTest::newRow("trailing slash") << with({{"HF_HUB_CACHE", "/c//"}}) << std::string("/c");
    }

    void hubVariables()
    {
        QFETCH(Variables, variables);
        QFETCH(std::string, path);
        QCOMPARE(pathsOf(placesWith(variables), ModelPlaceKind::HuggingFace), Paths{path});
    }

    void theOthersHaveVariablesToo()
    {
        const auto places = placesWith({{"HOME", "/u"},
                                        {"OLLAMA_MODELS", "/m"},
                                        {"LLAMA_CACHE", "/l"},
                                        {"XDG_DATA_HOME", "/d"},
                                        {"XDG_CACHE_HOME", "/x"}});
        QCOMPARE(pathsOf(places, ModelPlaceKind::Ollama).front(), std::string("/m"));
        QCOMPARE(pathsOf(places, ModelPlaceKind::LlamaCpp), Paths{"/l"});
        QCOMPARE(pathsOf(places, ModelPlaceKind::Gpt4All), Paths{"/d/nomic.ai/GPT4All"});
        QCOMPARE(pathsOf(places, ModelPlaceKind::LmStudio).back(), std::string("/x/lm-studio/models"));
    }

    void withoutHomeOnlyWhatIsNamedIsLookedAt()
    {
        const auto places = placesWith({{"HOME", "not/absolute"}, {"HF_HOME", "/h"}});
        QCOMPARE(places, (std::vector<ModelPlace>{{ModelPlaceKind::HuggingFace, "/h/hub"},
                                                  {ModelPlaceKind::Ollama, "/usr/share/ollama/.ollama/models"}}));
    }
};

QTEST_GUILESS_MAIN(LibraryPlacesTest)
#include "tst_library_places.moc"
