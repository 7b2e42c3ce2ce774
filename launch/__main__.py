"""`python -m loci.launch` is `loci`."""

import sys

from .cli import main

sys.exit(main())
