#include "CXenLight.h"
