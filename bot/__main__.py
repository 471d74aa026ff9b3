"""`python -m bot` is `ethixbot`."""

from bot.cli import main

main()
