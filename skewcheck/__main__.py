"""`python -m skewcheck` is `skewcheck`."""

from skewcheck.cli import main

if __name__ == "__main__":
    main()
