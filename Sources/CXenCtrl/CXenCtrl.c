#include "CXenCtrl.h"
