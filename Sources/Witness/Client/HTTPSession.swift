internal import CCurl
internal import ReplicaModel

/// An HTTP client that asks one question at a time with a hard bound on time and size: the owner of a libcurl handle.
///
/// No redirects, no proxies, no other protocols, no trust in anything but the configured authority.
struct HTTPSession: ~Copyable {
    /// What a server said.
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private let buffer = ResponseBuffer()

    /// Makes a session; connects to nothing yet.
    ///
    /// - Parameter identity: For `https`.
    /// - Returns: The session.
    /// - Throws: ``WitnessError/badConfiguration(_:)``, when libcurl lacks what is needed.
    static func make(identity: WitnessConfiguration.Identity?) throws(WitnessError) -> HTTPSession {
        guard isReady, let handle = curl_easy_init() else { throw .badConfiguration("libcurl could not be started") }
        let session = HTTPSession(owning: handle)
        try session.configure(identity)
        return session
    }

    private init(owning handle: UnsafeMutableRawPointer) {
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // Without the second line libcurl may wait for permission to send the question.
        headers = curl_slist_append(curl_slist_append(nil, "Content-Type: application/json"), "Expect:")
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headers)
        errorText.deallocate()
    }

    /// Asks one question.
    ///
    /// - Parameters:
    ///   - endpoint: Whom.
    ///   - path: The path of the call, with its slash.
    ///   - body: JSON.
    ///   - limit: How long everything may take together: name, connection, TLS, question and answer.
    /// - Returns: The answer, whatever its status.
    /// - Throws: Every error but ``WitnessError/refusedByServer(endpoint:status:message:)``.
    mutating func post(
        to endpoint: WitnessEndpoint, path: String, body: [UInt8], limit: Milliseconds
    ) throws(WitnessError) -> Answer {
        let handle = self.handle
        buffer.clear()
        errorText[0] = 0
        // 0 would be no bound at all.
        let milliseconds = Int(clamping: max(1, limit.rawValue))
        var result = rcu_set_text(handle, CURLOPT_URL, endpoint.description + path)
        for (option, value) in [
            (CURLOPT_TIMEOUT_MS, milliseconds), (CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
            (CURLOPT_POSTFIELDSIZE, body.count),
        ] where result == CURLE_OK {
            result = rcu_set_number(handle, option, value)
        }
        if result == CURLE_OK {
            result = body.withUnsafeBytes { bytes in
                let address = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                defer { _ = rcu_set_pointer(handle, CURLOPT_POSTFIELDS, nil) }
                let result = rcu_set_pointer(handle, CURLOPT_POSTFIELDS, address)
                return result == CURLE_OK ? curl_easy_perform(handle) : result
            }
        }
        guard result == CURLE_OK else { throw error(result, endpoint) }
        return Answer(status: Int(rcu_status(handle)), body: buffer.body)
    }

    private func configure(_ identity: WitnessConfiguration.Identity?) throws(WitnessError) {
        let handle = self.handle
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_POST, 1), (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0),
            // Names are looked up on a thread of libcurl's, which is not waited for when the time is over.
            (CURLOPT_QUICK_EXIT, 1),
            (CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1),
            (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
            (CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
        ]
        let texts: [(CURLoption, String?)] = [
            (CURLOPT_PROTOCOLS_STR, "http,https"),
            // Set, but empty: no proxy of the environment's either.
            (CURLOPT_PROXY, ""),
            // Debian's libcurl also trusts a directory of public authorities unless told otherwise.
            (CURLOPT_CAPATH, nil), (CURLOPT_CAINFO, identity?.authorityFile),
            (CURLOPT_SSLCERT, identity?.certificateFile), (CURLOPT_SSLKEY, identity?.keyFile),
        ]
        let context = Unmanaged.passUnretained(buffer).toOpaque()
        var results = numbers.map { rcu_set_number(handle, $0.0, $0.1) }
        results += texts.map { rcu_set_text(handle, $0.0, $0.1) }
        results.append(rcu_set_pointer(handle, CURLOPT_HTTPHEADER, headers))
        results.append(rcu_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
        results.append(rcu_set_sinks(handle, Self.bodySink, Self.headerSink, context))
        if let failed = results.first(where: { $0 != CURLE_OK }) {
            throw .badConfiguration("libcurl refuses a setting: \(String(cString: curl_easy_strerror(failed)))")
        }
    }

    private static let bodySink: rcu_sink = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let buffer = Unmanaged<ResponseBuffer>.fromOpaque(context).takeUnretainedValue()
        let length = size * count
        return buffer.take(body: UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
    }

    private static let headerSink: rcu_sink = { _, size, count, context in
        guard let context else { return 0 }
        let buffer = Unmanaged<ResponseBuffer>.fromOpaque(context).takeUnretainedValue()
        return buffer.take(headerBytes: size * count) ? size * count : 0
    }

    private func error(_ code: CURLcode, _ endpoint: WitnessEndpoint) -> WitnessError {
        let endpoint = endpoint.description
        if buffer.isTooLong { return .garbage(endpoint: endpoint, detail: "the answer is too long") }
        let own = String(cString: errorText)
        let detail = PlainText.short(own.isEmpty ? String(cString: curl_easy_strerror(code)) : own)
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut(endpoint: endpoint)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            return .tls(endpoint: endpoint, detail: detail)
        // In TLS 1.3 the server's refusal of our certificate comes after the handshake.
        case CURLE_RECV_ERROR where detail.contains("alert"), CURLE_SEND_ERROR where detail.contains("alert"):
            return .tls(endpoint: endpoint, detail: detail)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
            return .unreachable(endpoint: endpoint, detail: detail)
        // The question may have been sent, and taken.
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            return .interrupted(endpoint: endpoint, detail: detail)
        default: return .garbage(endpoint: endpoint, detail: detail)
        }
    }
}
