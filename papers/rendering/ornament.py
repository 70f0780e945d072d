"""The ornaments of the certificate, worked out in millimetres and drawn as inline SVG: a frame with the meander of old
Vietnamese lacquer (hồi văn) and lotus corners, and behind the words the pale rings of a Đông Sơn drum.

National emblem and flag are left out on purpose: where they may stand is not ours to say.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import cos, pi, sin
from typing import Final

WIDTH, HEIGHT = 297, 210  # A4 on its side
EDGE: Final = 9  # from the edge of the paper to the frame; printers leave 5 mm blank
BAND: Final = 9
RED: Final = "#9b1b1e"
GOLD: Final = "#c79a3b"
PALE: Final = "#f8edd6"

_KEY: Final = "M{0} 4V0H{1}V3H{2}V1.4H{3}"  # one turn of the meander, 5 wide and 4 high, on its base line


@lru_cache(maxsize=1)
def frame_svg() -> str:
    return (
        f'<svg class="frame" aria-hidden="true" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}mm" height="{HEIGHT}mm">'
        f"<title>Khung trang trí</title>{_drum(WIDTH / 2, 104, 60)}{_frame()}</svg>"
    )


def _frame() -> str:
    right, bottom, inner = WIDTH - EDGE, HEIGHT - EDGE, EDGE + BAND
    band = f"M{EDGE} {EDGE}H{right}V{bottom}H{EDGE}ZM{inner} {inner}V{HEIGHT - inner}H{WIDTH - inner}V{inner}Z"
    lines = "".join(_rectangle(EDGE + inset) for inset in (-1.6, 0.9, BAND - 0.9, BAND + 1.6))
    sides = "".join(
        f'<path transform="{move}" d="{_meander(length - 2 * inner)}"/>'
        for move, length in (
            (f"translate({inner} {EDGE + 2.3})", WIDTH),
            (f"translate({WIDTH - inner} {bottom - 2.3}) rotate(180)", WIDTH),
            (f"translate({right - 2.3} {inner}) rotate(90)", HEIGHT),
            (f"translate({EDGE + 2.3} {HEIGHT - inner}) rotate(-90)", HEIGHT),
        )
    )
    corners = "".join(
        _corner(x, y) for x in (EDGE + BAND / 2, right - BAND / 2) for y in (EDGE + BAND / 2, bottom - BAND / 2)
    )
    return (
        f'<path d="{band}" fill="{RED}"/>'
        f'<g fill="none" stroke="{GOLD}" stroke-width="0.35"><path d="{lines}"/>'
        f'<g stroke-width="0.5" stroke-linecap="square">{sides}</g></g>{corners}'
    )


def _rectangle(inset: float) -> str:
    return f"M{inset:g} {inset:g}H{WIDTH - inset:g}V{HEIGHT - inset:g}H{inset:g}Z"


def _meander(length: float) -> str:
    """As many turns as fit, spread over the whole length, 4,4 mm high."""
    count = round(length / 5.5) - 1
    step = length / count
    turns = (_KEY.format(*(f"{index * step + at:.2f}" for at in (0.6, 4.6, 2.0, 3.4))) for index in range(count))
    return f"M0 4H{length:g}" + "".join(turns)


def _corner(x: float, y: float) -> str:
    """A lotus from above: eight petals behind eight, on a field that covers the crossing of the bands."""
    half = BAND / 2 + 1.6
    field = f"M{x - half:g} {y - half:g}h{2 * half:g}v{2 * half:g}h{-2 * half:g}Z"
    return (
        f'<path d="{field}" fill="{RED}" stroke="{GOLD}" stroke-width="0.6"/>'
        f'<path d="{_petals(x, y, 5.0, 1.5, 0.5)}" fill="none" stroke="{GOLD}" stroke-width="0.35"/>'
        f'<path d="{_petals(x, y, 4.2, 1.4, 0)}" fill="{GOLD}"/>'
        f'<path d="{_circles([(x, y)], 1)}" fill="{RED}" stroke="{GOLD}" stroke-width="0.4"/>'
    )


def _petals(x: float, y: float, long: float, wide: float, turned: float) -> str:
    """Eight pointed leaves around a centre, turned by a share of the angle between them."""
    parts = []
    for index in range(8):
        angle = (index + turned) * pi / 4
        along, across = (cos(angle), sin(angle)), (-sin(angle), cos(angle))
        tip = f"{x + long * along[0]:.2f} {y + long * along[1]:.2f}"
        left, right = (
            f"{x + 0.55 * long * along[0] + side * across[0]:.2f} {y + 0.55 * long * along[1] + side * across[1]:.2f}"
            for side in (wide, -wide)
        )
        parts.append(f"M{x:g} {y:g}Q{left} {tip}Q{right} {x:g} {y:g}Z")
    return "".join(parts)


# ---- the drum ------------------------------------------------------------------------------------------------------
def _drum(x: float, y: float, radius: float) -> str:
    """From the rim inwards: teeth, a chain of rings, strokes, rings again, and the star of fourteen rays."""
    rings = _circles([(x, y)], *(radius * share for share in (1, 0.97, 0.86, 0.83, 0.72, 0.69, 0.58, 0.46, 0.43, 0.31)))
    chains = "".join(
        _circles(_around(x, y, radius * share, count), size)
        for share, count, size in ((0.775, 60, 2.1), (0.52, 30, 2.3))
    )
    hearts = "".join(
        _circles(_around(x, y, radius * share, count), size)
        for share, count, size in ((0.775, 60, 0.6), (0.52, 30, 0.7))
    )
    strokes = "".join(
        f"M{outer[0]:.2f} {outer[1]:.2f}L{inner[0]:.2f} {inner[1]:.2f}"
        for share, length, count in ((0.59, 0.09, 120), (0.32, 0.1, 72))
        for outer, inner in zip(
            _around(x, y, radius * (share + length), count), _around(x, y, radius * share, count), strict=True
        )
    )
    teeth = _star(x, y, radius * 0.97, radius * 0.875, 96)
    star = _star(x, y, radius * 0.29, radius * 0.09, 14)
    return (
        f'<g fill="none" stroke="{PALE}" stroke-width="0.4"><path d="{rings}{chains}{strokes}{teeth}"/></g>'
        f'<path d="{star}{hearts}" fill="{PALE}"/>'
    )


def _around(x: float, y: float, radius: float, count: int, turned: float = 0) -> list[tuple[float, float]]:
    angles = ((index + turned) * 2 * pi / count - pi / 2 for index in range(count))
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def _circles(centres: Iterable[tuple[float, float]], *radii: float) -> str:
    return "".join(
        f"M{x - radius:.2f} {y:.2f}a{radius:.2f} {radius:.2f} 0 1 0 {2 * radius:.2f} 0"
        f"a{radius:.2f} {radius:.2f} 0 1 0 {-2 * radius:.2f} 0Z"
        for x, y in centres
        for radius in radii
    )


def _star(x: float, y: float, outer: float, inner: float, rays: int) -> str:
    tips, hollows = _around(x, y, outer, rays), _around(x, y, inner, rays, turned=0.5)
    points = [f"{px:.2f} {py:.2f}" for pair in zip(tips, hollows, strict=True) for px, py in pair]
    return f"M{'L'.join(points)}Z"
