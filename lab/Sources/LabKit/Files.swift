import Foundation

/// File access with errors that name the path.
enum Files {
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    static func read(_ path: String) throws(LabError) -> String {
        do {
            return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        } catch {
            throw failure("read \(path)", error)
        }
    }

    static func write(_ text: String, to path: String) throws(LabError) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw failure("write \(path)", error)
        }
    }

    static func makeDirectory(_ path: String) throws(LabError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw failure("make the directory \(path)", error)
        }
    }

    static func remove(_ path: String) throws(LabError) {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw failure("remove \(path)", error)
        }
    }

    static func move(_ source: String, to destination: String) throws(LabError) {
        do {
            try FileManager.default.moveItem(atPath: source, toPath: destination)
        } catch {
            throw failure("move \(source) to \(destination)", error)
        }
    }

    /// Lists a directory.
    ///
    /// - Returns: The names in it, sorted; empty if there is no such directory.
    static func list(_ directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    static func size(_ path: String) -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? UInt64) ?? 0
    }

    private static func failure(_ attempt: String, _ error: any Error) -> LabError {
        LabError(
            .systemCallFailed, attempt: attempt, outcome: error.localizedDescription,
            remedy: "Check the path, its rights and the free space.")
    }
}
