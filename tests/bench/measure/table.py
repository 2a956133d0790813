"""The one table: what was measured, beside its floor and its target."""

HEADINGS = ["measured", "Larder", "floor", "Larder / floor", "target"]


class Table:
    def __init__(self):
        self.rows, self.notes = [], []

    def note(self, sentence):
        self.notes.append(sentence)

    def row(self, name, larder=None, floor=None, unit="", at_least=None, below=None, more=""):
        """Figures in one unit; `more` stands behind Larder's own."""
        ratio = f"{larder / floor:.2f}" if larder is not None and floor else ""
        target = ""
        if at_least is not None:
            target = verdict(f"≥ {figure(at_least, unit)}", larder is not None and larder >= at_least)
        if below is not None:
            target = verdict(f"< {figure(below, unit)}", larder is not None and larder < below)
        own = " ".join(part for part in (figure(larder, unit), more) if part)
        self.rows.append([name, own, figure(floor, unit), ratio, target])

    def text(self):
        widths = [max(len(row[column]) for row in [HEADINGS, *self.rows]) for column in range(len(HEADINGS))]
        line = lambda cells: "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        notes = "".join(f"\n{note}" for note in self.notes)
        return "\n".join([line(HEADINGS), rule, *map(line, self.rows)]) + "\n" + notes


def verdict(target, met):
    return target if met else f"{target}: missed"


def figure(value, unit):
    if value is None:
        return ""
    digits = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()
