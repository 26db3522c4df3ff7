// CTomlPlusPlus
