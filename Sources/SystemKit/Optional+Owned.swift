extension Optional where Wrapped: ~Copyable {
    /// Changes an owned value in place, where there is one; it stays owned here, also after an error.
    ///
    /// - Parameter body: What to do with it.
    /// - Returns: What `body` returned, or `nil` without a value.
    /// - Throws: What `body` threw.
    @discardableResult
    public mutating func use<Result, Failure: Error>(
        _ body: (inout Wrapped) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard var value = take() else { return nil }
        do throws(Failure) {
            let result = try body(&value)
            self = consume value
            return result
        } catch {
            self = consume value
            throw error
        }
    }
}
