/// One line of the controller's answer: any number of progress lines, then one result or one error.
enum ControlReply: Codable, Equatable, Sendable {
    case progress(ProgressUpdate)
    case result(ControlResult)
    case error(CommandError)

    private enum CodingKeys: String, CodingKey {
        case progress, result, error
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let update = try container.decodeIfPresent(ProgressUpdate.self, forKey: .progress) {
            self = .progress(update)
        } else if let result = try container.decodeIfPresent(ControlResult.self, forKey: .result) {
            self = .result(result)
        } else {
            self = .error(try container.decode(CommandError.self, forKey: .error))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .progress(let update): try container.encode(update, forKey: .progress)
        case .result(let result): try container.encode(result, forKey: .result)
        case .error(let error): try container.encode(error, forKey: .error)
        }
    }
}
