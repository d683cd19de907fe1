# Debian packages, by purpose. Sourced by run.sh and test.sh.

build_packages=(
    g++ cmake ninja-build pkg-config
    qt6-base-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools qt6-svg-dev libgl-dev libxkbcommon-dev
    nlohmann-json3-dev libsqlitecpp-dev libsqlite3-dev zlib1g-dev libhwy-dev libpcre2-dev libmd4c-dev libcli11-dev
)
# The window: platform plugins, a CJK and a monospace font, Qt's own translations.
run_packages=(libqt6svg6 qt6-qpa-plugins qt6-wayland qt6-translations-l10n fonts-inter fonts-noto-cjk fonts-jetbrains-mono)
test_packages=(clang-format-14 libbenchmark-dev git sqlite3)

# install_missing PACKAGE... : asks for root only when something is missing.
install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Some packages are missing, and sudo is not here to install them. Run this as root, then try again:" >&2
            echo "apt-get install --no-install-recommends ${missing[*]}" >&2
            return 1
        }
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Parallel compile jobs: one per core, but at least 1 GiB of memory each.
build_jobs() {
    local cores memory_gib
    cores=$(nproc)
    memory_gib=$(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
    [ "$memory_gib" -lt 1 ] && memory_gib=1
    [ "$memory_gib" -lt "$cores" ] && cores=$memory_gib
    echo "$cores"
}
