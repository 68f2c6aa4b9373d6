import pytest

from cryptobot_desktop.gui.tokens import DARK, LIGHT, Theme, UpDown, contrast, with_colours

TEXTS = ("text", "muted", "accent", "up", "down", "warn", "danger", "paper")
SURFACES = ("canvas", "panel", "raised")
FILLED = (("on_accent", "accent"), ("on_up", "up"), ("on_down", "down"), ("on_danger", "danger"), ("on_paper", "paper"))


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WCAG's own example of a near miss


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("preset", UpDown)
def test_every_text_can_be_read_on_every_surface(theme: Theme, preset: UpDown) -> None:
    dressed = with_colours(theme, preset)
    poor = [
        f"{text} on {surface}: {ratio:.2f}"
        for text in TEXTS
        for surface in SURFACES
        if (ratio := contrast(getattr(dressed, text), getattr(dressed, surface))) < 4.5
    ]
    assert not poor


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("preset", UpDown)
def test_text_on_filled_buttons_can_be_read(theme: Theme, preset: UpDown) -> None:
    dressed = with_colours(theme, preset)
    poor = [
        f"{text}: {contrast(getattr(dressed, text), getattr(dressed, ground)):.2f}"
        for text, ground in FILLED
        if contrast(getattr(dressed, text), getattr(dressed, ground)) < 4.5
    ]
    assert not poor


def test_up_and_down_change_places_in_east_asia() -> None:
    swapped = with_colours(DARK, UpDown.RED_GREEN)
    assert (swapped.up, swapped.down) == (DARK.down, DARK.up)
