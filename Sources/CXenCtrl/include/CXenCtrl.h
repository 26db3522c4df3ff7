// CXenCtrl
