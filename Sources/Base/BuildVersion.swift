import CBuild

/// The version of this build, from the last tag of its sources; see scripts/version.sh.
public enum BuildVersion {
    public static let current = unsafe String(cString: cbuild_version())
    /// Of the sources.
    public static let commit = unsafe String(cString: cbuild_commit())
}
