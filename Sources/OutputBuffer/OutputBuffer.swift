// OutputBuffer
