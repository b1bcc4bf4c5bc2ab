// The ways in which people see a page: screen or paper, its size in CSS pixels, the scheme they prefer.
// SPDX-License-Identifier: Apache-2.0
const PHONE = { width: 320, height: 640, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const PHONE_WIDE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { width: 1280, height: 900 };
const PAPER = { width: 794, height: 1123 }; // A4 at 96 dots an inch

export const VIEWS = [
    { name: "phone-light", media: "screen", scheme: "light", viewport: PHONE },
    { name: "phone-dark", media: "screen", scheme: "dark", viewport: PHONE },
    { name: "phone-wide-light", media: "screen", scheme: "light", viewport: PHONE_WIDE },
    { name: "desktop-light", media: "screen", scheme: "light", viewport: DESKTOP },
    { name: "desktop-dark", media: "screen", scheme: "dark", viewport: DESKTOP },
    { name: "paper-light", media: "print", scheme: "light", viewport: PAPER },
    { name: "paper-dark", media: "print", scheme: "dark", viewport: PAPER },
];
