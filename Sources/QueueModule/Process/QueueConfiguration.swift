public import Operations

/// The options of `sluice-queue`.
public enum QueueConfiguration {
    public static let schema = ConfigurationSchema(
        program: "sluice-queue",
        summary: "takes purchases over HTTP into bounded queues, one an item",
        required: KnownOptions.queueSecrets, options: KnownOptions.queue,
        check: { values in
            var problems: [ConfigurationProblem] = []
            if values[KnownOptions.durability] == .replicated {
                let cure = "replicated is not available yet; use fast or safe"
                problems.append(ConfigurationProblem("--durability", cure))
            }
            if case .folder(let path) = values[KnownOptions.page] {
                do throws(FolderFiles.Refusal) {
                    _ = try PageFiles(folder: path)
                } catch {
                    problems.append(ConfigurationProblem("--page", "\(path): \(error)"))
                }
            }
            return problems
        })
}
