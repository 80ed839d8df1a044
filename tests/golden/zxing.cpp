/* SPDX-License-Identifier: Apache-2.0 */
#include "zxing.h"

#define ZX_USE_UTF8 1
#include <ZXing/ReadBarcode.h>
#include <cstring>

bool
zxing_read(const unsigned char *p, unsigned w, unsigned h, char *out, size_t room)
{
	ZXing::DecodeHints hints;
	hints.setFormats(ZXing::BarcodeFormat::QRCode);
	hints.setTryHarder(true);
	hints.setTryRotate(true);
	const ZXing::ImageView image(
	    p, static_cast<int>(w), static_cast<int>(h), ZXing::ImageFormat::Lum);
	const ZXing::Result r = ZXing::ReadBarcode(image, hints);
	const std::string text = r.text();
	if (!r.isValid() || text.size() + 1 > room)
		return false;
	std::memcpy(out, text.c_str(), text.size() + 1);
	return true;
}
