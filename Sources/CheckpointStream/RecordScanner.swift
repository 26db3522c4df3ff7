/// Walks a libxc stream that comes in pieces of any size and checks every rule that libxc relies on; bounded memory.
///
/// It looks at each byte once, eight at a time, and passes over the contents of pages and policies. Bytes come from a
/// peer: it never traps, and after the first fault it takes nothing more.
struct RecordScanner {
    /// Which part of a stream is checked.
    enum Part { case image, checkpoint }

    private enum Field {
        case imageMarker, imageIdentity, imageOptions, domainType, domainVersion
        case recordHeader, padding
        case pageHeader, frame
        case tscMode, tscTime, tscIncarnation
        case context
        case parameterHeader, parameterIndex, parameterValue
    }

    private let frameLimit: UInt64
    private let byteLimit: UInt64
    /// The records of this part in their order; only PAGE_DATA may come more than once, or not at all.
    private let order: [LibxcRecordType]

    private(set) var offset: UInt64 = 0
    private(set) var pages: UInt64 = 0
    private(set) var records = 0

    private var field: Field
    private var word: UInt64 = 0
    private var gathered = 0
    private var wanted = 8
    private var skip: UInt64 = 0
    private var failure: StreamError?

    private var place = -1
    private var recordOffset: UInt64 = 0
    private var type = LibxcRecordType.end
    private var length: UInt32 = 0
    private var remaining: UInt32 = 0
    private var pagesOfRecord: UInt32 = 0
    private var parametersSeen: UInt64 = 0
    private var context = ContextWalk()

    init(_ part: Part, frameLimit: UInt64, byteLimit: UInt64) {
        self.frameLimit = frameLimit
        self.byteLimit = byteLimit
        switch part {
        case .image:
            order = [.cpuidPolicy, .msrPolicy, .staticDataEnd, .pageData]
            field = .imageMarker
        case .checkpoint:
            order = [.pageData, .tscInfo, .hvmContext, .hvmParameters]
            field = .recordHeader
        }
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
        if let failure { throw failure }
        do throws(RecordFault) {
            guard UInt64(bytes.count) <= byteLimit - offset else { throw .tooLarge(limit: byteLimit) }
            try walk(bytes)
        } catch {
            let failure = StreamError.record(number: records, offset: recordOffset, fault: error)
            self.failure = failure
            throw failure
        }
    }

    func finish() throws(StreamError) {
        if let failure { throw failure }
        do throws(RecordFault) {
            guard field == .recordHeader, gathered == 0, skip == 0 else { throw .truncated }
            for (position, type) in order.enumerated() where position > place && type != .pageData {
                throw .missing(type)
            }
        } catch {
            throw .record(number: records, offset: recordOffset, fault: error)
        }
    }

    private mutating func walk(_ bytes: UnsafeRawBufferPointer) throws(RecordFault) {
        var position = 0
        while position < bytes.count {
            let rest = bytes.count - position
            if skip > 0 {
                let step = Int(min(skip, UInt64(rest)))
                skip -= UInt64(step)
                position += step
                offset += UInt64(step)
                continue
            }
            if gathered == 0, wanted == 8, rest >= 8 {
                word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                position += 8
                offset += 8
            } else {
                word |= UInt64(bytes[position]) << (8 * UInt64(gathered))
                position += 1
                offset += 1
                gathered += 1
                if gathered < wanted { continue }
            }
            let complete = word
            word = 0
            gathered = 0
            wanted = 8
            try take(complete)
        }
    }

    private mutating func take(_ word: UInt64) throws(RecordFault) {
        switch field {
        case .imageMarker, .imageIdentity, .imageOptions, .domainType, .domainVersion: try takeHeaders(word)
        case .recordHeader: try beginRecord(word)
        case .padding:
            guard word == 0 else { throw .padding }
            field = .recordHeader
        case .pageHeader, .frame: try takePageData(word)
        case .tscMode, .tscTime, .tscIncarnation: try takeTSC(word)
        case .context: try takeContext(word)
        case .parameterHeader, .parameterIndex, .parameterValue: try takeParameters(word)
        }
    }

    private mutating func takeHeaders(_ word: UInt64) throws(RecordFault) {
        switch field {
        case .imageMarker:
            guard word == .max else { throw .imageHeader }
            field = .imageIdentity
        case .imageIdentity:
            guard word.byteSwapped == ImageHeader.identity else { throw .imageHeader }
            field = .imageOptions
        case .imageOptions:
            guard word == 0 else { throw .imageHeader }
            field = .domainType
        case .domainType:
            guard word == UInt64(littleEndian: DomainHeader.hvm) else { throw .domainHeader }
            field = .domainVersion
        default:
            // Any version of the hypervisor: libxc only logs it.
            field = .recordHeader
        }
    }

    private mutating func beginRecord(_ word: UInt64) throws(RecordFault) {
        recordOffset = offset - 8
        records += 1
        let number = UInt32(truncatingIfNeeded: word)
        length = UInt32(truncatingIfNeeded: word >> 32)
        guard let type = LibxcRecordType(rawValue: number) else { throw .unknownType(number) }
        self.type = type
        try advance(to: type)
        switch type {
        case .pageData:
            let most = PageDataLayout(count: PageDataLayout.maximumCount).size - LibxcRecords.recordHeaderSize
            guard length >= 16, length <= most else { throw .length(type, actual: length) }
            field = .pageHeader
        case .tscInfo:
            guard length == TSCInfo.size else { throw .length(type, actual: length) }
            field = .tscMode
        case .hvmContext:
            guard length <= LibxcRecords.maximumContextSize else { throw .length(type, actual: length) }
            context = try ContextWalk(length: length)
            field = .context
        case .hvmParameters:
            guard length >= 8 + 16, length <= 8 + LibxcRecords.maximumParameterCount * HVMParameter.size else {
                throw .length(type, actual: length)
            }
            parametersSeen = 0
            field = .parameterHeader
        case .cpuidPolicy: try passPolicy(entry: LibxcRecords.cpuidLeafSize)
        case .msrPolicy: try passPolicy(entry: LibxcRecords.msrEntrySize)
        default:
            guard length == 0 else { throw .length(type, actual: length) }
        }
    }

    /// Keeps the order of records, and that each is there once.
    private mutating func advance(to type: LibxcRecordType) throws(RecordFault) {
        guard let target = order.firstIndex(of: type) else { throw .notAllowed(type) }
        guard target >= place else { throw .outOfOrder(type) }
        guard target > place || type == .pageData else { throw .repeated(type) }
        for (position, needed) in order.enumerated()
        where position > place && position < target && needed != .pageData {
            throw .missing(needed)
        }
        place = target
    }

    private mutating func passPolicy(entry: Int) throws(RecordFault) {
        guard length > 0, length <= LibxcRecords.maximumPolicySize, length % UInt32(entry) == 0 else {
            throw .length(type, actual: length)
        }
        skip = UInt64(length)
    }

    private mutating func takePageData(_ word: UInt64) throws(RecordFault) {
        if field == .pageHeader {
            remaining = UInt32(truncatingIfNeeded: word)
            guard word >> 32 == 0 else { throw .reservedBits(type) }
            guard remaining >= 1, remaining <= PageDataLayout.maximumCount else { throw .frameCount(remaining) }
            guard length >= 8 + 8 * remaining else { throw .length(type, actual: length) }
            pagesOfRecord = 0
            length -= 8 + 8 * remaining
            field = .frame
            return
        }
        guard word >> 52 & 0xff == 0 else { throw .reservedBits(type) }
        let frame = word & (1 << 52 - 1)
        guard frame < frameLimit else { throw .frameBeyondLimit(frame, limit: frameLimit) }
        switch UInt8(truncatingIfNeeded: word >> 60) {
        case 0: pagesOfRecord += 1
        // Broken, and not there: no contents follow.
        case 0xd, 0xf: break
        case let other: throw .pageType(other)
        }
        remaining -= 1
        if remaining > 0 { return }
        guard length == pagesOfRecord * UInt32(LibxcRecords.pageSize) else { throw .length(type, actual: length) }
        pages += UInt64(pagesOfRecord)
        skip = UInt64(length)
        field = .recordHeader
    }

    private mutating func takeTSC(_ word: UInt64) throws(RecordFault) {
        switch field {
        case .tscMode:
            let mode = UInt32(truncatingIfNeeded: word)
            guard mode <= 2 else { throw .tscMode(mode) }
            field = .tscTime
        case .tscTime: field = .tscIncarnation
        default:
            guard word >> 32 == 0 else { throw .reservedBits(type) }
            field = .recordHeader
        }
    }

    private mutating func takeContext(_ word: UInt64) throws(RecordFault) {
        switch try context.take(word) {
        case .pass(let bytes): skip = UInt64(bytes)
        case .complete:
            let padding = (8 - Int(length % 8)) % 8
            field = padding == 0 ? .recordHeader : .padding
            wanted = padding == 0 ? 8 : padding
        }
    }

    private mutating func takeParameters(_ word: UInt64) throws(RecordFault) {
        switch field {
        case .parameterHeader:
            remaining = UInt32(truncatingIfNeeded: word)
            guard word >> 32 == 0 else { throw .reservedBits(type) }
            guard remaining == (length - 8) / 16, length % 16 == 8 else { throw .length(type, actual: length) }
            field = .parameterIndex
        case .parameterIndex:
            guard LibxcRecords.parameterIndices.contains(word) else { throw .parameter(word) }
            guard parametersSeen & 1 << word == 0 else { throw .parameterRepeated(word) }
            parametersSeen |= 1 << word
            field = .parameterValue
        default:
            remaining -= 1
            field = remaining == 0 ? .recordHeader : .parameterIndex
        }
    }
}
