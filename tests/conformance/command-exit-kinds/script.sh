#!/bin/sh
echo no x bit
