"""`python -m parlez` is `parlez`."""

from parlez.cli.main import main

if __name__ == "__main__":
    main()
