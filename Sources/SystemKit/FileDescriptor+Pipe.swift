internal import CLinux

extension FileDescriptor {
    /// Makes a pipe hold more, so that writer and reader wake each other less often.
    ///
    /// - Parameter byteCount: At most 1 MiB without more rights than most processes have.
    /// - Throws: ``SystemError`` of `fcntl`.
    public borrowing func setPipeCapacity(_ byteCount: Int32) throws(SystemError) {
        try checked(rc_set_pipe_capacity(number, byteCount), "fcntl F_SETPIPE_SZ")
    }
}
