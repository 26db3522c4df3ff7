/// Why a libxc stream would be refused, or worse, half applied, by libxc on the backup.
public enum RecordFault: Error, Equatable, Sendable {
    /// The image header is not that of a little-endian libxc stream of version 3.
    case imageHeader
    /// The domain header is not that of an x86 HVM or PVH domain with pages of 4 KiB.
    case domainHeader
    /// A record type that the format does not have.
    case unknownType(UInt32)
    /// A record type that has no place in this part of the stream.
    case notAllowed(LibxcRecordType)
    /// A record that comes too late: one of those that follow it was already there.
    case outOfOrder(LibxcRecordType)
    /// A record that may be there only once came again.
    case repeated(LibxcRecordType)
    /// A record that must be there is not there.
    case missing(LibxcRecordType)
    /// A body whose length does not fit its type or its own counts.
    case length(LibxcRecordType, actual: UInt32)
    /// A PAGE_DATA record with no frame or with too many.
    case frameCount(UInt32)
    /// A frame number at or over the limit of the domain.
    case frameBeyondLimit(UInt64, limit: UInt64)
    /// A page type that an HVM or PVH domain cannot have.
    case pageType(UInt8)
    /// Reserved bits are set.
    case reservedBits(LibxcRecordType)
    /// Padding bytes that are not zero.
    case padding
    /// A TSC mode that Xen refuses.
    case tscMode(UInt32)
    /// An HVM parameter that is not among those that a stream carries.
    case parameter(UInt64)
    /// An HVM parameter that came twice in one record.
    case parameterRepeated(UInt64)
    /// An HVM context that Xen would refuse: no header, an entry that overruns the record, or no end mark.
    case context
    /// The bytes end inside a record.
    case truncated
    /// More bytes than were agreed.
    case tooLarge(limit: UInt64)
    /// The number of pages differs from the one that was announced.
    case pageCount(actual: UInt64, announced: UInt64)
}

extension RecordFault: CustomStringConvertible {
    /// A phrase for the log.
    public var description: String {
        switch self {
        case .imageHeader: "the image header is not that of a little-endian stream of version 3"
        case .domainHeader: "the domain header is not that of an HVM or PVH domain"
        case .unknownType(let type): "its type 0x\(String(type, radix: 16)) is not known"
        case .notAllowed(let type): "\(type) has no place here"
        case .outOfOrder(let type): "\(type) comes too late"
        case .repeated(let type): "\(type) comes again"
        case .missing(let type): "\(type) is missing"
        case .length(let type, let actual): "a length of \(actual) bytes does not fit \(type)"
        case .frameCount(let count): "it lists \(count) frames; 1 to \(PageDataLayout.maximumCount) are allowed"
        case .frameBeyondLimit(let frame, let limit):
            "frame 0x\(String(frame, radix: 16)) is not below the domain's limit 0x\(String(limit, radix: 16))"
        case .pageType(let type): "page type \(type) cannot belong to an HVM or PVH domain"
        case .reservedBits(let type): "reserved bits of \(type) are set"
        case .padding: "its padding is not zero"
        case .tscMode(let mode): "TSC mode \(mode) is not known"
        case .parameter(let index): "HVM parameter \(index) is not one that a stream carries"
        case .parameterRepeated(let index): "HVM parameter \(index) comes twice"
        case .context: "the HVM context has no header or no end mark, or an entry overruns it"
        case .truncated: "the bytes end inside it"
        case .tooLarge(let limit): "more than the \(limit) bytes that were announced"
        case .pageCount(let actual, let announced): "there are \(actual) pages and \(announced) were announced"
        }
    }
}
