echo "$1: $(cat)"
