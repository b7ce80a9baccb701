/// What is where in a file of weights; scripts/install-model writes such files.
///
/// A header of 64 bytes: the magic `VTSILERO`, version and count of tensors (32 bit), size of the file and `WeightsChecksum` of
/// all of it with the checksum as 0 (64 bit), the source's name (32 bytes). Then 64 bytes for each tensor: name (24), four dimensions (32 bit), offset and
/// size (64 bit). Then the tensors, 32-bit floats, each at a multiple of 64 bytes. All little endian.
enum WeightsLayout {
    static let version: UInt32 = 2
    static let headerBytes = 64
    private static let checksumOffset = 24
    static let entryBytes = 64

    struct Tensor {
        let name: String
        /// Up to four dimensions.
        let shape: [Int]

        var count: Int { shape.reduce(1, *) }
    }

    /// The only tensors that are accepted, in the file's order.
    static let tensors = [
        Tensor(name: "encoder0.weight", shape: [8, 129, 3, 16]),
        Tensor(name: "encoder0.bias", shape: [128]),
        Tensor(name: "encoder1.weight", shape: [4, 128, 3, 16]),
        Tensor(name: "encoder1.bias", shape: [64]),
        Tensor(name: "encoder2.weight", shape: [2, 128, 32]),
        Tensor(name: "encoder2.bias", shape: [64]),
        Tensor(name: "encoder3.weight", shape: [4, 64, 32]),
        Tensor(name: "encoder3.bias", shape: [128]),
        Tensor(name: "lstm.weight", shape: [16, 256, 32]),
        Tensor(name: "lstm.bias", shape: [512]),
        Tensor(name: "output.weight", shape: [128]),
        Tensor(name: "output.bias", shape: [1]),
    ]

    /// Where each tensor begins, in bytes; the last element is the size of the file.
    static let offsets: [Int] = {
        var at = headerBytes + entryBytes * tensors.count
        var result: [Int] = []
        for tensor in tensors {
            result.append(at)
            at += (tensor.count * 4 + 63) / 64 * 64
        }
        return result + [at]
    }()

    /// Checks a whole file: that it is what `scripts/install-model` writes for this version, undamaged.
    static func check(_ file: UnsafeRawBufferPointer, path: String) throws(WeightsError) {
        func word(_ at: Int) -> UInt32 {
            unsafe UInt32(littleEndian: file.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
        func long(_ at: Int) -> UInt64 {
            unsafe UInt64(littleEndian: file.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
        guard file.count >= headerBytes, unsafe file[..<8].elementsEqual("VTSILERO".utf8) else {
            throw WeightsError(.notWeights, path, "no weights of the speech detector")
        }
        guard word(8) == version else {
            throw WeightsError(.version, path, "weights of version \(word(8)); this program reads version \(version)")
        }
        guard long(16) == UInt64(file.count) else {
            let kind = long(16) > UInt64(file.count) ? "truncated" : "longer than it says"
            throw WeightsError(.size, path, "\(kind): \(file.count) bytes instead of \(long(16))")
        }
        guard word(12) == UInt32(tensors.count), file.count == offsets[tensors.count] else {
            throw WeightsError(.shape, path, "not the tensors of this network")
        }
        for (index, tensor) in tensors.enumerated() {
            let at = headerBytes + index * entryBytes
            let name = Array(tensor.name.utf8)
            let shape = tensor.shape + [Int](repeating: 0, count: 4 - tensor.shape.count)
            let isAsExpected =
                (0..<24).allSatisfy { unsafe file[at + $0] == ($0 < name.count ? name[$0] : 0) }
                && (0..<4).allSatisfy { word(at + 24 + $0 * 4) == UInt32(shape[$0]) }
                && long(at + 40) == UInt64(offsets[index]) && long(at + 48) == UInt64(tensor.count * 4)
            guard isAsExpected else {
                throw WeightsError(.shape, path, "tensor \(index) is not \(tensor.name) of shape \(tensor.shape)")
            }
        }
        try unsafe checkValues(file, expected: long(checksumOffset), path: path)
    }

    /// The checksum, and that every value is finite.
    ///
    /// - Parameter file: of the expected size, which is a multiple of 64 bytes.
    private static func checkValues(
        _ file: UnsafeRawBufferPointer, expected: UInt64, path: String
    ) throws(WeightsError) {
        var checksum = WeightsChecksum()
        var hasStrangers = false
        var at = 0
        func word(_ offset: Int) -> UInt64 {
            unsafe UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        while at < file.count {
            let words = (word(at), word(at &+ 8), word(at &+ 16), word(at &+ 24))
            checksum.take(words.0, words.1, words.2, at &+ 24 == checksumOffset ? 0 : words.3)
            if at >= offsets[0],
                isStrange(words.0) || isStrange(words.1) || isStrange(words.2) || isStrange(words.3)
            {
                hasStrangers = true
            }
            at &+= 32
        }
        guard checksum.value == expected else {
            throw WeightsError(.checksum, path, "damaged: the checksum is wrong")
        }
        if hasStrangers { throw WeightsError(.notFinite, path, "damaged: a weight is not a finite number") }
    }

    /// Whether one of two floats has all bits of the exponent set: infinity or NaN.
    @inline(__always)
    private static func isStrange(_ word: UInt64) -> Bool {
        let exponents = word & 0x7F80_0000_7F80_0000
        return exponents & 0xFFFF_FFFF == 0x7F80_0000 || exponents >> 32 == 0x7F80_0000
    }
}
