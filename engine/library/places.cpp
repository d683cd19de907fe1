#include "engine/model_library.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

namespace engine {

namespace {

/// Absolute folders from the environment. Others mean another folder in each program that reads them and are ignored.
class Folders {
public:
    explicit Folders(const Environment &environment) : m_environment(environment), m_home(absolute("HOME")) {}

    /// The first of the variables that holds an absolute path (or one below ~), else empty.
    std::string first(std::initializer_list<const char *> variables) const
    {
        for (const char *variable : variables) {
            const std::string path = absolute(variable);
            if (!path.empty())
                return path;
        }
        return {};
    }

    std::string inHome(const std::string &below) const { return m_home.empty() ? std::string() : m_home + below; }
    std::string data() const { return orHome("XDG_DATA_HOME", "/.local/share"); }
    std::string cache() const { return orHome("XDG_CACHE_HOME", "/.cache"); }
    std::string config() const { return orHome("XDG_CONFIG_HOME", "/.config"); }

private:
    std::string absolute(const char *variable) const
    {
        std::string value = m_environment(variable);
        if (value.starts_with("~/"))
            value = m_home.empty() ? std::string() : m_home + value.substr(1);
        while (value.size() > 1 && value.ends_with('/'))
            value.pop_back();
        return value.starts_with('/') ? value : std::string();
    }

    std::string orHome(const char *variable, const char *below) const
    {
        const std::string path = absolute(variable);
        return path.empty() ? inHome(below) : path;
    }

    const Environment &m_environment;
    std::string m_home;
};

std::string fromProcess(const char *name)
{
    const char *value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

std::string below(const std::string &folder, const char *rest)
{
    return folder.empty() ? folder : folder + rest;
}

std::string hubCache(const Folders &folders)
{
    const std::string cache = folders.first({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
    if (!cache.empty())
        return cache;
    const std::string home = folders.first({"HF_HOME"});
    return home.empty() ? below(folders.cache(), "/huggingface/hub") : home + "/hub";
}

std::string orElse(const std::string &path, const std::string &otherwise)
{
    return path.empty() ? otherwise : path;
}

} // namespace

std::vector<ModelPlace> knownModelPlaces(const Environment &environment)
{
    const Environment read = environment ? environment : Environment(fromProcess);
    const Folders folders(read);
    std::vector<ModelPlace> places;
    const auto add = [&places](ModelPlaceKind kind, const std::string &path) {
        const bool known = std::any_of(places.begin(), places.end(), [&](const auto &at) { return at.path == path; });
        if (!path.empty() && !known)
            places.push_back({kind, path});
    };
    add(ModelPlaceKind::HuggingFace, hubCache(folders));
    add(ModelPlaceKind::LmStudio, folders.inHome("/.lmstudio/models"));
    add(ModelPlaceKind::LmStudio, below(folders.cache(), "/lm-studio/models"));
    add(ModelPlaceKind::Ollama, orElse(folders.first({"OLLAMA_MODELS"}), folders.inHome("/.ollama/models")));
    add(ModelPlaceKind::Ollama, "/usr/share/ollama/.ollama/models"); // of the service that its installer sets up
    add(ModelPlaceKind::Gpt4All, below(folders.data(), "/nomic.ai/GPT4All"));
    add(ModelPlaceKind::LlamaCpp, orElse(folders.first({"LLAMA_CACHE"}), below(folders.cache(), "/llama.cpp")));
    add(ModelPlaceKind::Jan, below(folders.data(), "/Jan/data"));
    add(ModelPlaceKind::Jan, below(folders.config(), "/Jan/data"));
    return places;
}

} // namespace engine
