import CheckpointStream
import ReplicaModel
import Testing

@Suite struct MessageTests {
    @Test func theSamplesHaveEveryMessage() {
        let bulk: Set<MessageType> = [.image, .checkpointData, .pages]
        #expect(Set(SampleFrames.messages.map(\.type)) == Set(MessageType.allCases).subtracting(bulk))
    }

    @Test(arguments: SampleFrames.messages) func comesBackAsItWas(message: Message) throws {
        #expect(try SampleFrames.read(try SampleFrames.frame(message)) == message)
    }

    @Test(arguments: SampleFrames.messages) func isRefusedWithAnyBitOfItsFrameFlipped(message: Message) throws {
        let frame = try SampleFrames.frame(message)
        for bit in 0..<frame.count * 8 {
            var broken = frame
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: StreamError.self, "bit \(bit)") { _ = try SampleFrames.read(broken) }
        }
    }

    @Test(arguments: SampleFrames.messages) func isRefusedWhenItIsCutOrTooLong(message: Message) throws {
        let payload = try message.encode()
        for count in 0..<payload.count {
            #expect(throws: StreamError.self, "cut at \(count)") {
                _ = try SampleFrames.decode(message.type, Array(payload[..<count]))
            }
        }
        #expect(throws: StreamError.malformed(message.type, .trailingBytes(1))) {
            _ = try SampleFrames.decode(message.type, payload + [0])
        }
    }

    @Test func bulkDataIsNotDecoded() {
        for type in [MessageType.image, .checkpointData, .pages] {
            #expect(throws: StreamError.malformed(type, .wrongKind)) { _ = try SampleFrames.decode(type, []) }
        }
    }

    @Test func aRefusalHasTheseBytes() throws {
        let payload = try Message.refuse(Refusal(reason: "busy", message: "no", hint: "")).encode()
        #expect(payload == [4, 0, 0, 0] + Array("busy".utf8) + [2, 0, 0, 0] + Array("no".utf8) + [0, 0, 0, 0])
    }

    @Test func boundsTexts() throws {
        let long = String(repeating: "x", count: Ending.textLimit)
        #expect(throws: Never.self) { _ = try Message.stop(Ending(reason: "busy", text: long)).encode() }
        #expect(throws: StreamError.tooLarge(.stop, field: .text, actual: 1025, limit: 1024)) {
            _ = try Message.stop(Ending(reason: "busy", text: long + "x")).encode()
        }
        // The same from the wire, before a byte of the text is looked at.
        let payload = [4, 0, 0, 0] + Array("busy".utf8) + SampleRecords.little(UInt32.max)
        #expect(throws: StreamError.tooLarge(.stop, field: .text, actual: 0xffff_ffff, limit: 1024)) {
            _ = try SampleFrames.decode(.stop, payload)
        }
    }

    @Test func refusesTextThatCWouldCutOrThatIsNotText() throws {
        for bad in [[0x61, 0], [0xff], [0xc3], [0xed, 0xa0, 0x80]] as [[UInt8]] {
            let payload = [4, 0, 0, 0] + Array("busy".utf8) + SampleRecords.little(UInt32(bad.count)) + bad
            #expect(throws: StreamError.malformed(.stop, .text(.text))) {
                _ = try SampleFrames.decode(.stop, payload)
            }
        }
        #expect(throws: StreamError.malformed(.stop, .text(.text))) {
            _ = try Message.stop(Ending(reason: "busy", text: "a\0b")).encode()
        }
    }

    @Test func aReasonIsAWord() throws {
        for bad in ["", "Busy", "not busy", "busy\n", "büsy"] {
            #expect(throws: StreamError.malformed(.lost, .value(.reason))) {
                _ = try Message.lost(Ending(reason: bad, text: "")).encode()
            }
            let payload = SampleRecords.little(UInt32(bad.utf8.count)) + Array(bad.utf8) + [0, 0, 0, 0]
            #expect(throws: StreamError.malformed(.lost, .value(.reason))) {
                _ = try SampleFrames.decode(.lost, payload)
            }
        }
        #expect(throws: Never.self) { _ = try Message.lost(Ending(reason: "a-word-of-2031", text: "")).encode() }
    }

    @Test func boundsProtect() throws {
        guard case .protect(let sample) = SampleFrames.messages[3] else { throw StreamError.payloadChecksum }
        func error(_ change: (inout Protect) -> Void) -> StreamError? {
            var content = sample
            change(&content)
            do throws(StreamError) { _ = try Message.protect(content).encode() } catch { return error }
            return nil
        }
        #expect(error { $0.configuration = String(repeating: "x", count: 256 * 1024) } == nil)
        #expect(
            error { $0.configuration = String(repeating: "x", count: 256 * 1024 + 1) }
                == .tooLarge(.protect, field: .configuration, actual: 256 * 1024 + 1, limit: 256 * 1024))
        #expect(
            error { $0.bridges = [String](repeating: "b", count: 65) }
                == .tooLarge(.protect, field: .bridges, actual: 65, limit: 64))
        #expect(
            error { $0.bridges = ["0123456789abcdef"] }
                == .tooLarge(.protect, field: .bridgeName, actual: 16, limit: 15))
        #expect(
            error { $0.cpuidPolicy = [UInt8](repeating: 0, count: 65_537) }
                == .tooLarge(.protect, field: .cpuidPolicy, actual: 65_537, limit: 65_536))
        #expect(error { $0.encoding = nil } == nil)
        for shards in [0, 65] as [UInt16] {
            #expect(
                error { $0.encoding = EncodingTerms(shards: shards, cacheBytes: 0) }
                    == .malformed(.protect, .value(.encoding)))
        }
        #expect(error { $0.highestFrame = 1 << 52 } == .malformed(.protect, .value(.highestFrame)))
        #expect(
            error { $0.ownership = String(repeating: "o", count: 129) }
                == .tooLarge(.protect, field: .ownership, actual: 129, limit: 128))
        let limit = Greeting.hostNameLimit
        #expect(
            error { $0.home = String(repeating: "h", count: limit + 1) }
                == .tooLarge(.protect, field: .home, actual: limit + 1, limit: limit))
    }

    @Test func theLargestMessageFitsIntoAFrame() throws {
        let largest = Protect(
            identity: DomainIdentity(high: .max, low: .max), name: String(repeating: "n", count: 255),
            configuration: String(repeating: "x", count: 256 * 1024), highestFrame: 0, memoryBytes: 0,
            bridges: [String](repeating: String(repeating: "b", count: 15), count: 64),
            cpuidPolicy: [UInt8](repeating: 0, count: 65_536), msrPolicy: [UInt8](repeating: 0, count: 65_536),
            checkOnly: false, maximumCheckpointBytes: 0, ownership: String(repeating: "o", count: 128),
            home: String(repeating: "h", count: Greeting.hostNameLimit))
        #expect(try Message.protect(largest).encode().count <= FrameHeader.maximumMessage)
        let address = [UInt8](repeating: 1, count: 16)
        let interface = GuestInterface(
            hardwareAddress: [1, 2, 3, 4, 5, 6], ipv4: [[UInt8]](repeating: [1, 2, 3, 4], count: 64),
            ipv6: [[UInt8]](repeating: address, count: 64))
        let addresses = Message.addresses([GuestInterface](repeating: interface, count: 32))
        #expect(try addresses.encode().count <= FrameHeader.maximumMessage)
    }

    @Test func boundsAddresses() throws {
        let empty = GuestInterface(hardwareAddress: [1, 2, 3, 4, 5, 6], ipv4: [], ipv6: [])
        #expect(throws: StreamError.tooLarge(.addresses, field: .interfaces, actual: 33, limit: 32)) {
            _ = try Message.addresses([GuestInterface](repeating: empty, count: 33)).encode()
        }
        var short = empty
        short.hardwareAddress = [1, 2]
        #expect(throws: StreamError.malformed(.addresses, .value(.hardwareAddress))) {
            _ = try Message.addresses([short]).encode()
        }
    }

    @Test func refusesValuesWithoutAMeaning() throws {
        guard case .protect(let sample) = SampleFrames.messages[3] else { throw StreamError.payloadChecksum }
        var payload = try Message.protect(sample).encode()
        // After it stand the checkpoint's bound, two texts, each behind its length, the disks behind their number, and
        // how pages are encoded.
        let disks = 4 + sample.disks.reduce(0) { $0 + 20 + $1.resource.utf8.count + $1.path.utf8.count }
        payload[payload.count - 28 - sample.ownership.utf8.count - sample.home.utf8.count - disks] = 2
        #expect(throws: StreamError.malformed(.protect, .value(.checkOnly))) {
            _ = try SampleFrames.decode(.protect, payload)
        }
        // No caches and yet some memory for them or something done to batches, too many caches, and unknown packing.
        let cache = [UInt8](repeating: 0, count: 8)
        for encoding in [
            [0, 0] + [1] + cache.dropLast() + [0], [0, 0] + cache + [1], [65, 0] + cache + [1], [1, 0] + cache + [0],
            [1, 0] + cache + [3],
        ] {
            let odd = try Message.protect(sample).encode().dropLast(11) + encoding
            #expect(throws: StreamError.malformed(.protect, .value(.encoding))) {
                _ = try SampleFrames.decode(.protect, Array(odd))
            }
        }
        let flags = [UInt8](repeating: 0, count: 16) + [4, 0]
        #expect(throws: StreamError.malformed(.checkpointBegin, .value(.flags))) {
            _ = try SampleFrames.decode(.checkpointBegin, flags)
        }
    }
}
