// CXenLight
