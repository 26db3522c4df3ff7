import Foundation

extension Capture {
    /// Reads back the frames that one sender sent.
    ///
    /// - Parameter source: The sender's MAC address.
    /// - Returns: The frames in the order in which they were seen.
    /// - Throws: ``LabError`` if the file cannot be read or is no capture.
    func frames(from source: String) throws(LabError) -> [EthernetFrame] {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
            throw LabError(.systemCallFailed, attempt: "read \(file)", outcome: error.localizedDescription)
        }
        guard let capture = CaptureFile([UInt8](data)) else {
            throw LabError(.systemCallFailed, attempt: "read \(file)", outcome: "it is no packet capture")
        }
        let address = source.split(separator: ":").compactMap { UInt8($0, radix: 16) }
        return capture.frames.filter { $0.bytes[6..<12].elementsEqual(address) }
    }
}
