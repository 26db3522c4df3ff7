import CheckpointStream
import Testing

/// Random and mutated bytes for every decoder: it may accept or refuse them, but never trap, and never lie about sizes.
@Suite struct HostileInputTests {
    private static let rounds = 100_000

    @Test func messagesNeverTrap() throws {
        var generator = SeededGenerator(seed: 3)
        let samples = try SampleFrames.messages.map { ($0.type, try $0.encode()) }
        var accepted = 0
        for round in 0..<Self.rounds {
            let (type, payload) = samples[round % samples.count]
            let bytes = Bool.random(using: &generator) ? mutate(payload, &generator) : random(80, &generator)
            guard let message = try? SampleFrames.decode(type, bytes) else { continue }
            accepted += 1
            // What is accepted has one form on the wire only.
            #expect(try message.encode() == bytes)
        }
        #expect(accepted > 0)
    }

    @Test func headersNeverTrap() throws {
        var generator = SeededGenerator(seed: 4)
        let sample = try SampleFrames.encode(FrameHeaderTests.sample)
        for _ in 0..<Self.rounds {
            var bytes = Bool.random(using: &generator) ? mutate(sample, &generator) : random(64, &generator)
            // Half of the time behind a right checksum, so that the checks after it are reached.
            if bytes.count >= 48, Bool.random(using: &generator) { SampleFrames.reseal(&bytes) }
            let header = try? bytes.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in
                try FrameHeader.decode(raw)
            }
            guard let header else { continue }
            #expect(header.payloadLength <= FrameHeader.maximumPayload(of: header.type))
        }
    }

    @Test func checkpointsNeverTrap() throws {
        var generator = SeededGenerator(seed: 5)
        let sample = try SampleRecords.checkpoint(frames: [[5]])
        let state = try SampleRecords.checkpoint(frames: [])
        var faults = 0
        for round in 0..<Self.rounds {
            let base = round % 16 == 0 ? sample : state
            let bytes = round % 4 == 0 ? random(200, &generator) : mutate(base, &generator)
            if bytes.checkpointFault() != nil { faults += 1 }
        }
        #expect(faults > Self.rounds / 2)
    }

    @Test func imagesNeverTrap() throws {
        var generator = SeededGenerator(seed: 6)
        let sample = try SampleRecords.image(frames: [])
        let pages = try SampleRecords.image(frames: [[1]])
        for round in 0..<Self.rounds {
            let base = round % 16 == 0 ? pages : sample
            var verifier = ImageVerifier(frameLimit: UInt64.random(in: 0...SampleRecords.frameLimit, using: &generator))
            var rest = mutate(base, &generator)[...]
            let size = Int.random(in: 1...300, using: &generator)
            do throws(StreamError) {
                while !rest.isEmpty {
                    try feed(Array(rest.prefix(size)), &verifier)
                    rest = rest.dropFirst(size)
                }
                _ = try verifier.finish()
            } catch {
                guard case .record = error else {
                    Issue.record("an image is refused for its records, not for \(error)")
                    return
                }
            }
        }
    }

    private func feed(_ bytes: [UInt8], _ verifier: inout ImageVerifier) throws(StreamError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in try verifier.feed(raw) }
    }

    private func random(_ most: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...most, using: &generator)
        return generator.bytes(count)
    }

    /// Changes, cuts, inserts and repeats a few bytes; lengths and counts get extreme values often.
    private func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where position < bytes.count:
                bytes[position] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator) ?? 0
            case 2 where position + 4 <= bytes.count:
                let value =
                    [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].randomElement(using: &generator) ?? 0 as UInt32
                bytes.replaceSubrange(position..<position + 4, with: SampleRecords.little(value))
            case 3: bytes.removeSubrange(position...)
            case 4: bytes.insert(contentsOf: generator.bytes(Int.random(in: 1...16, using: &generator)), at: position)
            default:
                let count = min(16, bytes.count - position)
                bytes.append(contentsOf: bytes[position..<position + count])
            }
        }
        return bytes
    }
}
