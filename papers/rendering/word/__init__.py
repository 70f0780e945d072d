"""The parts of which `papers.rendering.docx` builds a Word file: the empty file with its styles, and single pieces."""
