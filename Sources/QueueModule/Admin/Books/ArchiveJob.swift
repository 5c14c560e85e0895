import Base
import Domain
import EventLoop
import Operations
import Store

// DESIGN
// An archive must not lie: it is checked before it is noted. What was written is read back from the disk with its
// checksum, and what the rows say must be what the item's counters say: every sequence a row, and the units of those
// that are sold, less what was returned, the units sold. The version before and after shows that nothing changed
// meanwhile, and the note is for that version alone. The disk's work is done beside the loop, which serves buyers.

/// Writes the books of one item into a folder, and checks them.
final class ArchiveJob {
    enum Failure: Error, Equatable {
        case store(StoreFailure)
        /// The item changed while it was read.
        case outdated
        /// The file could not be written or read back.
        case disk(String)
        /// The rows contradict the item's counters.
        case differs(String)
    }

    private static let pagesAtOnce = 8  // of `Limits.batch` purchases, for one visit of the disk

    private let parts: EndpointParts
    private let reader: BookReader
    private let folder: String
    private let completion: (Result<ArchiveManifest, Failure>) -> Void
    private var manifest: ArchiveManifest
    private var file: ArchiveFile?
    private var text = ByteBuffer()
    private var pages = 0

    init(
        _ parts: EndpointParts, of item: ItemName, _ snapshot: ItemSnapshot, folder: String,
        completion: @escaping (Result<ArchiveManifest, Failure>) -> Void
    ) {
        (self.parts, self.folder, self.completion) = (parts, folder, completion)
        reader = BookReader(parts, of: item, snapshot, BookQuery(), after: 0)
        manifest = ArchiveManifest(item: item, snapshot: snapshot, createdAt: parts.loop.wallNow)
    }

    func start() {
        onDisk({ [folder, name = manifest.fileName] in try ArchiveFile(name, in: folder) }) { [self] in
            file = $0
            readNext()
        }
    }

    // MARK: Rows

    private func readNext() {
        reader.next(Limits.batch) { [self] result in
            switch result {
            case .failure(let failure): fail(.store(failure))
            case .success(let entries):
                guard reader.counters.version == manifest.version else { return fail(.outdated) }
                for entry in entries {
                    manifest.count(entry)
                    text.appendJSON { reader.row(entry).write(to: &$0) }
                    text.append("\n")
                }
                pages += 1
                if pages < Self.pagesAtOnce, !reader.isAtEnd { readNext() } else { writeOut() }
            }
        }
    }

    private func writeOut() {
        guard let file else { return }
        let bytes = text.bytes
        text.clear()
        pages = 0
        onDisk({ () -> ArchiveFile in
            var file = file
            try file.append(bytes)
            return file
        }) { [self] written in
            self.file = written
            if reader.isAtEnd { finish(written) } else { readNext() }
        }
    }

    // MARK: The end

    private func finish(_ file: ArchiveFile) {
        manifest.written(file)
        if let difference = manifest.difference { return fail(.differs(difference)) }
        let (folder, name, text) = (folder, manifest.manifestName, manifest.json)
        self.file = nil  // it ends with this step, whatever becomes of it
        onDisk({
            try file.finish()
            var about = try ArchiveFile(name, in: folder)
            try about.append(text)
            try about.finish()
        }) { [self] in note() }
    }

    private func note() {
        let item = ItemReference(ItemKeys(manifest.item), incarnation: manifest.incarnation)
        parts.store.noteArchive(of: item, version: manifest.version, manifest.note) { [self] result in
            switch result {
            case .success(.noted): completion(.success(manifest))
            case .success(.outdated): completion(.failure(.outdated))
            case .failure(let failure): completion(.failure(.store(failure)))
            }
        }
    }

    private func fail(_ failure: Failure) {
        if let file { BlockingWork.run(for: parts.loop, { file.abandon() }, then: {}) }
        completion(.failure(failure))
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value, then body: @escaping (Value) -> Void
    ) {
        BlockingWork.run(
            for: parts.loop,
            { () -> Result<Value, Failure> in
                do { return .success(try work()) } catch { return .failure(.disk("\(error)")) }
            },
            then: { [self] result in
                switch result {
                case .success(let value): body(value)
                case .failure(let failure): fail(failure)
                }
            })
    }
}
